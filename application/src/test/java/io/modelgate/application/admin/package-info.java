@NullMarked
package io.modelgate.application.admin;

import org.jspecify.annotations.NullMarked;
