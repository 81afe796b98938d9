/**
 * The calls clients make: who is calling, which models there are, and the chat itself. Knows no
 * threads, no libraries, no content.
 */
@NullMarked
package io.modelgate.application.chat;

import org.jspecify.annotations.NullMarked;
