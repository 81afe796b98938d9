/**
 * Who may call, and how much: keys, their hashes, their token quotas, and why a call is turned
 * away. Knows no chat, no HTTP and no clock; time is an argument.
 */
@NullMarked
package io.modelgate.domain.access;

import org.jspecify.annotations.NullMarked;
