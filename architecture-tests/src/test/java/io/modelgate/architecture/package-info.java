@NullMarked
package io.modelgate.architecture;

import org.jspecify.annotations.NullMarked;
