package io.modelgate.domain.access;

import static io.modelgate.domain.access.QuotaPeriod.DAY;
import static io.modelgate.domain.access.QuotaPeriod.MONTH;
import static io.modelgate.domain.access.QuotaPeriod.TOTAL;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuotaPeriodTest {
  @ParameterizedTest
  @CsvSource({
    "DAY,   2026-11-24T00:00:00Z,     2026-11-24T00:00:00Z, 2026-11-25T00:00:00Z",
    "DAY,   2026-11-24T23:59:59.999Z, 2026-11-24T00:00:00Z, 2026-11-25T00:00:00Z",
    "WEEK,  2026-11-24T12:00:00Z,     2026-11-23T00:00:00Z, 2026-11-30T00:00:00Z",
    "WEEK,  2026-11-23T00:00:00Z,     2026-11-23T00:00:00Z, 2026-11-30T00:00:00Z",
    "WEEK,  2026-11-22T23:59:59Z,     2026-11-16T00:00:00Z, 2026-11-23T00:00:00Z",
    "MONTH, 2026-12-31T23:59:59Z,     2026-12-01T00:00:00Z, 2027-01-01T00:00:00Z",
    "MONTH, 2028-02-29T12:00:00Z,     2028-02-01T00:00:00Z, 2028-03-01T00:00:00Z",
  })
  void followsTheCalendar(QuotaPeriod period, Instant now, Instant start, Instant end) {
    assertThat(period.startOf(now, ZoneOffset.UTC)).isEqualTo(start);
    assertThat(period.endOf(now, ZoneOffset.UTC)).isEqualTo(end);
  }

  @Test
  void followsTheMidnightsOfItsZone() {
    ZoneId berlin = ZoneId.of("Europe/Berlin");

    assertThat(DAY.startOf(Instant.parse("2026-11-23T23:30:00Z"), berlin))
        .isEqualTo("2026-11-23T23:00:00Z");
    // The day on which the clock is set back has 25 hours.
    Instant long25 = Instant.parse("2026-10-25T12:00:00Z");
    assertThat(DAY.startOf(long25, berlin)).isEqualTo("2026-10-24T22:00:00Z");
    assertThat(DAY.endOf(long25, berlin)).isEqualTo("2026-10-25T23:00:00Z");
    assertThat(MONTH.startOf(long25, berlin)).isEqualTo("2026-09-30T22:00:00Z");
  }

  @Test
  void beginsADayWithoutMidnightAtItsFirstInstant() {
    // In Beirut the clock went from 23:59:59 to 01:00 on 26 March 2023.
    assertThat(DAY.startOf(Instant.parse("2023-03-26T12:00:00Z"), ZoneId.of("Asia/Beirut")))
        .isEqualTo("2023-03-25T22:00:00Z");
  }

  @Test
  void neverEndsForAWholeLife() {
    assertThat(TOTAL.startOf(Instant.parse("2026-11-24T12:00:00Z"), ZoneOffset.UTC))
        .isEqualTo(Instant.EPOCH);
    assertThat(TOTAL.endOf(Instant.parse("2026-11-24T12:00:00Z"), ZoneOffset.UTC)).isNull();
  }

  @Test
  void isNamedInLowerCase() {
    assertThat(MONTH.wireName()).isEqualTo("month");
    assertThat(QuotaPeriod.ofWireName("month")).contains(MONTH);
    assertThat(QuotaPeriod.ofWireName("MONTH")).isEmpty();
  }
}
