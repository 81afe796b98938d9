@NullMarked
package io.modelgate.violations.bootstrap;

import org.jspecify.annotations.NullMarked;
