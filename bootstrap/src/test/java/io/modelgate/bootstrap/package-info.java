@NullMarked
package io.modelgate.bootstrap;

import org.jspecify.annotations.NullMarked;
