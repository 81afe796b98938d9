package io.modelgate.infrastructure.store;

import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaPeriod;

/** What a key used in one period. */
record QuotaUse(KeyId key, QuotaPeriod period, long startsAt, long used) {}
