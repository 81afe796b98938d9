@NullMarked
package io.modelgate.violations.domain.chat;

import org.jspecify.annotations.NullMarked;
