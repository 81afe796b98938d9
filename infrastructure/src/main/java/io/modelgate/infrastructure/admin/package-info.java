/**
 * The admin API under /admin/api and the panel's static files. Knows neither upstreams nor the
 * OpenAI endpoints.
 */
@NullMarked
package io.modelgate.infrastructure.admin;

import org.jspecify.annotations.NullMarked;
