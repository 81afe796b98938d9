/**
 * What administrators do to keys and models where order, ids or rules matter; plain reads and
 * removals go to the ports directly. Knows no logins, no JSON and no listener.
 */
@NullMarked
package io.modelgate.application.admin;

import org.jspecify.annotations.NullMarked;
