/**
 * What passes through: a call's bytes with the few fields the gateway looked at, edits at byte
 * offsets, token counts, and the ways an upstream can fail. Knows no JSON library and no upstream
 * brand.
 */
@NullMarked
package io.modelgate.domain.chat;

import org.jspecify.annotations.NullMarked;
