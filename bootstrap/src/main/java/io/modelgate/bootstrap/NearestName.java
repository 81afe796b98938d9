package io.modelgate.bootstrap;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Guesses what was meant by a name that does not exist. */
final class NearestName {
  private NearestName() {}

  /** The known name with the fewest letters to change, when these are few. */
  static Optional<String> to(String name, List<String> known) {
    int most = Math.max(2, name.length() / 5);
    return known.stream()
        .min(Comparator.comparingInt(candidate -> distance(name, candidate)))
        .filter(nearest -> distance(name, nearest) <= most);
  }

  /** Letters to add, drop or replace (Levenshtein), row by row. */
  private static int distance(String left, String right) {
    int[] row = new int[right.length() + 1];
    for (int j = 0; j <= right.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= left.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= right.length(); j++) {
        int replaced = diagonal + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[right.length()];
  }
}
