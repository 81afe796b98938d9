package io.modelgate.domain.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelgate.domain.net.Network;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackendAddressesTest {
  private static final BackendAddresses USUAL = BackendAddresses.USUAL;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.5",
        "172.17.0.1",
        "192.168.1.20",
        "100.64.0.1",
        "100.100.100.199",
        "8.8.8.8",
        "223.255.255.255",
        "169.253.255.255",
        "169.255.0.0",
        "1.0.0.0",
        "::1",
        "fd00::1",
        "fd00:ec2::253",
        "fc00::1",
        "fec0::1",
        "2001:db8::1",
        "fe00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.5",
        "64:ff9b::808:808",
        "2002:808:808::1"
      })
  void engineMayBeThere(String address) {
    assertThat(USUAL.permits(InetAddress.ofLiteral(address))).isTrue();
    assertThat(USUAL.permits(address)).isTrue();
    assertThat(USUAL.permits("[" + address + "]")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "169.254.169.254",
        "169.254.0.0",
        "169.254.255.255",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "0.0.0.0",
        "0.1.2.3",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "fe80::1",
        "febf::1",
        "ff02::1",
        "fd00:ec2::254",
        "fd20:ce::254",
        "::ffff:169.254.169.254",
        "::ffff:a9fe:a9fe",
        "::169.254.169.254",
        "::ffff:0:a9fe:a9fe",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
        "2002:0:0::1",
        "::ffff:0.0.0.0"
      })
  void noEngineIsThere(String address) {
    assertThat(USUAL.permits(InetAddress.ofLiteral(address))).isFalse();
    assertThat(USUAL.permits(address)).isFalse();
    assertThat(USUAL.permits("[" + address + "]")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2852039166",
        "0xA9FEA9FE",
        "0xa9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "169.16689662",
        "0x7f000001",
        "127.1",
        "2130706433",
        "0177.0.0.1",
        "127.0.0.01",
        "1.2.3.4.5",
        "300.1.1.1",
        "127.0.0.1.",
        "metadata.0x1",
        "0x",
        "fe80::1%eth0",
        "[::1",
        "::g",
        "12:34"
      })
  void noOtherSpellingOfAnAddressIsTaken(String host) {
    assertThat(USUAL.permits(host)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "gpu-box",
        "my_engine",
        "api.openai.com",
        "metadata.google.internal",
        "a1.b2",
        "10.0.0.5.nip.io",
        "0xcafe.example",
        "1e100.net"
      })
  void namesAreJudgedByWhatTheyMeanWhenTheyAreCalled(String name) {
    assertThat(USUAL.permits(name)).isTrue();
  }

  @Test
  void whatIsAllowedMayBeCalledAndNothingElse() {
    var addresses =
        new BackendAddresses(List.of(Network.of("169.254.10.0/24"), Network.of("fe80::1")));

    assertThat(addresses.permits("169.254.10.7")).isTrue();
    assertThat(addresses.permits("169.254.11.7")).isFalse();
    assertThat(addresses.permits("[::ffff:169.254.10.7]")).isTrue();
    assertThat(addresses.permits("fe80::1")).isTrue();
    assertThat(addresses.permits("fe80::2")).isFalse();
  }
}
