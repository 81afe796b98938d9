@NullMarked
package io.modelgate.application.chat;

import org.jspecify.annotations.NullMarked;
