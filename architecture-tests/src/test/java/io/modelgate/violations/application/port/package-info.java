@NullMarked
package io.modelgate.violations.application.port;

import org.jspecify.annotations.NullMarked;
