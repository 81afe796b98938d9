package io.modelgate.bootstrap;

import io.modelgate.domain.net.Network;
import io.modelgate.domain.routing.BaseUrl;
import io.modelgate.domain.routing.Credential;
import io.modelgate.domain.routing.StreamUsage;
import io.modelgate.infrastructure.client.Proxy;
import io.modelgate.infrastructure.server.TlsFiles;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How the text of a setting is read.
 *
 * @param allowed what may stand there, to be read after "needs"
 * @param secret whether the text must not be shown
 * @param reading empty when the text is not allowed
 */
record ValueForm<T>(String allowed, boolean secret, Function<String, Optional<T>> reading) {
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})\\s?(ms|s|m|h|d)");
  private static final Pattern SIZE = Pattern.compile("(\\d{1,10})\\s?(B|KB|MB|GB)?");
  private static final Pattern HOST = Pattern.compile("[0-9A-Za-z._:%-]{1,253}");
  private static final Pattern ADDRESS =
      Pattern.compile("([0-9A-Za-z._-]{1,253}|\\[[0-9A-Fa-f:.%]{2,60}]):(\\d{1,5})");

  /** Scheme, host and maybe a port; browsers write nothing more. */
  private static final Pattern ORIGIN =
      Pattern.compile("[a-z][a-z0-9+.-]*://[0-9a-z._-]+(:\\d{1,5})?");

  private static final Pattern HEADER_NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}");
  private static final Set<String> TAKEN_HEADERS =
      Set.of(
          "host",
          "content-type",
          "content-length",
          "transfer-encoding",
          "connection",
          "expect",
          "upgrade",
          "te",
          "trailer",
          "accept",
          "accept-encoding",
          "user-agent",
          "x-request-id",
          "traceparent",
          "tracestate");

  private static <T> ValueForm<T> open(String allowed, Function<String, Optional<T>> reading) {
    return new ValueForm<>(allowed, false, reading);
  }

  static ValueForm<Long> wholeNumber(long least, long most) {
    String allowed =
        most == Long.MAX_VALUE
            ? "a whole number of " + least + " or more"
            : "a whole number from " + least + " to " + most;
    return open(
        allowed,
        text ->
            text.matches("\\d{1,18}")
                ? Optional.of(Long.valueOf(text)).filter(n -> n >= least && n <= most)
                : Optional.empty());
  }

  /** The same where there are few. */
  static ValueForm<Integer> smallNumber(int least, int most) {
    ValueForm<Long> number = wholeNumber(least, most);
    return open(number.allowed(), text -> number.reading().apply(text).map(Math::toIntExact));
  }

  /** A limit: 0 allows none. */
  static ValueForm<Limit> limit(long most) {
    return open(
        "a whole number from 0 to " + most + ", or unlimited",
        text ->
            text.equals("unlimited")
                ? Optional.of(new Limit(null))
                : wholeNumber(0, most).reading().apply(text).map(Limit::new));
  }

  /** A limit that lets something through. */
  static ValueForm<Limit> limitOfAtLeastOne(long most) {
    return open(
        "a whole number from 1 to " + most + ", or unlimited",
        text ->
            text.equals("unlimited")
                ? Optional.of(new Limit(null))
                : wholeNumber(1, most).reading().apply(text).map(Limit::new));
  }

  /** Networks, separated by commas. */
  static ValueForm<List<Network>> networks() {
    return open(
        "networks such as " + Network.ALLOWED + ", separated by commas",
        text -> list(text, Network::parse));
  }

  /** Origins of pages, separated by commas. */
  static ValueForm<Set<String>> origins() {
    return open(
        "origins such as https://chat.example.org, separated by commas, or *",
        text ->
            list(
                    text,
                    one ->
                        Optional.of(one).filter(o -> o.equals("*") || ORIGIN.matcher(o).matches()))
                .map(Set::copyOf));
  }

  private static <T> Optional<List<T>> list(String text, Function<String, Optional<T>> reading) {
    List<T> all = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      Optional<T> one = reading.apply(part.strip());
      if (one.isEmpty()) {
        return Optional.empty();
      }
      all.add(one.get());
    }
    return Optional.of(List.copyOf(all));
  }

  static ValueForm<TlsFiles.Minimum> tlsVersion() {
    return open(
        "1.2 or 1.3",
        text ->
            switch (text) {
              case "1.2" -> Optional.of(TlsFiles.Minimum.V12);
              case "1.3" -> Optional.of(TlsFiles.Minimum.V13);
              default -> Optional.empty();
            });
  }

  /**
   * A limit.
   *
   * @param number null for none
   */
  record Limit(@Nullable Long number) {}

  static ValueForm<ZoneId> timeZone() {
    return open("a time zone such as UTC or Europe/Berlin", ValueForm::timeZone);
  }

  private static Optional<ZoneId> timeZone(String text) {
    try {
      return Optional.of(ZoneId.of(text));
    } catch (DateTimeException _) {
      return Optional.empty();
    }
  }

  static ValueForm<Boolean> yesOrNo() {
    return open(
        "true or false",
        text ->
            switch (text.toLowerCase(Locale.ROOT)) {
              case "true" -> Optional.of(true);
              case "false" -> Optional.of(false);
              default -> Optional.empty();
            });
  }

  /**
   * {@code 500ms}, {@code 300s}, {@code 5m}, {@code 1h} or {@code 90d}, within bounds given in the
   * same way.
   */
  static ValueForm<Duration> duration(String shortest, String longest) {
    Duration least = duration(shortest).orElseThrow();
    Duration most = duration(longest).orElseThrow();
    return open(
        "a duration from " + shortest + " to " + longest + ", such as 500ms, 30s, 5m, 1h or 90d",
        text -> duration(text).filter(d -> d.compareTo(least) >= 0 && d.compareTo(most) <= 0));
  }

  private static Optional<Duration> duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long amount = Long.parseLong(matcher.group(1));
    return Optional.of(
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "s" -> Duration.ofSeconds(amount);
          case "m" -> Duration.ofMinutes(amount);
          case "h" -> Duration.ofHours(amount);
          default -> Duration.ofDays(amount);
        });
  }

  /** Bytes; {@code 5MB} is 5 × 1024 × 1024 of them. */
  static ValueForm<Integer> size(String smallest, String largest) {
    long least = size(smallest).orElseThrow();
    long most = size(largest).orElseThrow();
    return open(
        "a size from "
            + smallest
            + " to "
            + largest
            + ", such as 512KB, 5MB or plain bytes (1KB = 1024 bytes)",
        text -> size(text).filter(n -> n >= least && n <= most).map(Math::toIntExact));
  }

  private static Optional<Long> size(String text) {
    Matcher matcher = SIZE.matcher(text.toUpperCase(Locale.ROOT));
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long amount = Long.parseLong(matcher.group(1));
    return Optional.of(
        switch (matcher.group(2)) {
          case "KB" -> amount << 10;
          case "MB" -> amount << 20;
          case "GB" -> amount << 30;
          case null, default -> amount;
        });
  }

  /** One of an enum's constants, written in lower case. */
  static <E extends Enum<E>> ValueForm<E> oneOf(Class<E> type) {
    E[] constants = type.getEnumConstants();
    return open(
        Arrays.stream(constants)
            .map(ValueForm::written)
            .collect(Collectors.joining(", ", "one of ", "")),
        text -> Arrays.stream(constants).filter(one -> written(one).equals(text)).findFirst());
  }

  private static String written(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  static ValueForm<StreamUsage> streamUsage() {
    return open("ask or never", StreamUsage::ofWireName);
  }

  static ValueForm<String> host() {
    return open(
        "a host name or an IP address", text -> Optional.of(text).filter(HOST.asMatchPredicate()));
  }

  static ValueForm<HostAndPort> hostAndPort() {
    return open(
        "host:port, such as localhost:6379",
        text ->
            Optional.of(ADDRESS.matcher(text))
                .filter(Matcher::matches)
                .map(m -> new HostAndPort(m.group(1), Integer.parseInt(m.group(2))))
                .filter(address -> address.port() >= 1 && address.port() <= 65535));
  }

  static ValueForm<Path> path() {
    return open("the path of a file", ValueForm::path);
  }

  private static Optional<Path> path(String text) {
    try {
      return Optional.of(Path.of(text)).filter(path -> path.getFileName() != null);
    } catch (InvalidPathException _) {
      return Optional.empty();
    }
  }

  static ValueForm<BaseUrl> baseUrl() {
    return open(BaseUrl.ALLOWED, ValueForm::baseUrl);
  }

  /** One or more, separated by commas. */
  static ValueForm<List<BaseUrl>> baseUrls() {
    return open(
        "URLs separated by commas, each " + BaseUrl.ALLOWED,
        text -> {
          List<Optional<BaseUrl>> urls =
              Arrays.stream(text.split(",", -1))
                  .map(String::strip)
                  .map(ValueForm::baseUrl)
                  .toList();
          return urls.stream().allMatch(Optional::isPresent)
              ? Optional.of(urls.stream().flatMap(Optional::stream).toList())
              : Optional.empty();
        });
  }

  private static Optional<BaseUrl> baseUrl(String text) {
    try {
      return Optional.of(BaseUrl.of(text));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  static ValueForm<Credential> credential() {
    return new ValueForm<>(
        "1 to 4096 visible ASCII characters",
        true,
        text -> Credential.isValid(text) ? Optional.of(new Credential(text)) : Optional.empty());
  }

  /** The name of a request header that the gateway does not set itself. */
  static ValueForm<String> headerName() {
    return open(
        "the name of an HTTP header that is free for it, such as x-api-key",
        text ->
            Optional.of(text)
                .filter(HEADER_NAME.asMatchPredicate())
                .filter(name -> !TAKEN_HEADERS.contains(name.toLowerCase(Locale.ROOT))));
  }

  static ValueForm<Proxy> proxy() {
    return new ValueForm<>(Proxy.ALLOWED, true, ValueForm::proxy);
  }

  private static Optional<Proxy> proxy(String text) {
    try {
      return Optional.of(Proxy.of(text));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  static ValueForm<Secret> password() {
    return new ValueForm<>(
        "1 to 4096 characters",
        true,
        text -> Optional.of(text).filter(t -> t.length() <= 4096).map(Secret::new));
  }

  /** For what must not be guessed. */
  static ValueForm<Secret> strongSecret() {
    return new ValueForm<>(
        "16 to 4096 visible ASCII characters",
        true,
        text ->
            Optional.of(text)
                .filter(t -> t.length() >= 16 && Credential.isValid(t))
                .map(Secret::new));
  }

  /**
   * Where something listens.
   *
   * @param host a name or an address; IPv6 in brackets
   */
  record HostAndPort(String host, int port) {}
}
