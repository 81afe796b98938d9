/**
 * The program: command line, settings, logging, and the wiring of everything else. Holds no rules
 * of any kind.
 */
@NullMarked
package io.modelgate.bootstrap;

import org.jspecify.annotations.NullMarked;
