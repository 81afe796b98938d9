@NullMarked
package io.modelgate.violations.infrastructure.http;

import org.jspecify.annotations.NullMarked;
