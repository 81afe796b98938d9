@NullMarked
package io.modelgate.violations.infrastructure.server;

import org.jspecify.annotations.NullMarked;
