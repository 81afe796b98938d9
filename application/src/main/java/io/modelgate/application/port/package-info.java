/**
 * All driven ports: what the use cases need from the world, in the domain's words. Knows neither
 * who implements nor who calls.
 */
@NullMarked
package io.modelgate.application.port;

import org.jspecify.annotations.NullMarked;
