@NullMarked
package io.modelgate.violations.infrastructure.admin;

import org.jspecify.annotations.NullMarked;
