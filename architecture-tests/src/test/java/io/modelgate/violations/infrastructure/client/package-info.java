@NullMarked
package io.modelgate.violations.infrastructure.client;

import org.jspecify.annotations.NullMarked;
