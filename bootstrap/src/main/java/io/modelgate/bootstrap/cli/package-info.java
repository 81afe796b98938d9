/**
 * The commands that ask a running gateway, over its admin API: what a script needs and a page does
 * not give. Knows nothing else of the program.
 */
@NullMarked
package io.modelgate.bootstrap.cli;

import org.jspecify.annotations.NullMarked;
