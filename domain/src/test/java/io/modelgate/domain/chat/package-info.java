@NullMarked
package io.modelgate.domain.chat;

import org.jspecify.annotations.NullMarked;
