@NullMarked
package io.modelgate.infrastructure.admin;

import org.jspecify.annotations.NullMarked;
