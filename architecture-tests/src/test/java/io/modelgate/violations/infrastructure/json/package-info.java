@NullMarked
package io.modelgate.violations.infrastructure.json;

import org.jspecify.annotations.NullMarked;
