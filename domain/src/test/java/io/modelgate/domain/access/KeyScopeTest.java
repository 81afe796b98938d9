package io.modelgate.domain.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.modelgate.domain.net.Network;
import java.net.InetAddress;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyScopeTest {
  @ParameterizedTest
  @CsvSource({
    "llama3, llama3, true",
    "llama3, llama3:8b, false",
    "llama3, LLAMA3, false",
    "llama3*, llama3, true",
    "llama3*, llama3:8b, true",
    "*:8b, llama3:8b, true",
    "*:8b, llama3:70b, false",
    "org/*-instruct, org/a-b-instruct, true",
    "org/*-instruct, org/a-b-instruct-2, false",
    "*, anything, true",
    "**, anything, true",
    "a*b*c, a-b-b-c, true",
    "a*b*c, a-c-b, false",
    "l.ama, llama, false"
  })
  void aStarStandsForAnyCharacters(String pattern, String model, boolean covered) {
    assertThat(of(pattern).covers(model)).isEqualTo(covered);
  }

  @Test
  void oneOfSeveralPatternsIsEnough() {
    assertThat(of("a", "b*").covers("bc")).isTrue();
    assertThat(of("a", "b*").covers("ab")).isFalse();
  }

  @Test
  void manyStarsTakeNoLongTime() {
    assertThat(of("*a".repeat(100)).covers("a".repeat(100_000) + "b")).isFalse();
  }

  @Test
  void withoutARestrictionAnythingGoes() {
    assertThat(KeyScope.ANYTHING.covers("any")).isTrue();
    assertThat(KeyScope.ANYTHING.covers((InetAddress) null)).isTrue();
  }

  @Test
  void whoComesFromNowhereKnownIsNotCovered() {
    var scope = new KeyScope(List.of(), null, List.of(Network.of("10.0.0.0/8"), Network.of("::1")));

    assertThat(scope.covers(InetAddress.ofLiteral("10.1.2.3"))).isTrue();
    assertThat(scope.covers(InetAddress.ofLiteral("::1"))).isTrue();
    assertThat(scope.covers(InetAddress.ofLiteral("11.1.2.3"))).isFalse();
    assertThat(scope.covers((InetAddress) null)).isFalse();
  }

  @Test
  void hasBounds() {
    assertThatIllegalArgumentException().isThrownBy(() -> new ModelPattern("with space"));
    assertThatIllegalArgumentException().isThrownBy(() -> new ModelPattern(""));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(Collections.nCopies(201, "a").toArray(String[]::new)));
  }

  private static KeyScope of(String... patterns) {
    return new KeyScope(
        List.of(patterns).stream().map(ModelPattern::new).toList(), null, List.of());
  }
}
