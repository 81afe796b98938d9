@NullMarked
package io.modelgate.violations.application.chat;

import org.jspecify.annotations.NullMarked;
