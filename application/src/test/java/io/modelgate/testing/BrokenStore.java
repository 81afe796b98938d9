package io.modelgate.testing;

import io.modelgate.application.port.ApiKeys;
import io.modelgate.application.port.Deed;
import io.modelgate.application.port.ModelRoutes;
import io.modelgate.application.port.Quotas;
import io.modelgate.application.port.Quotas.Reservation;
import io.modelgate.application.port.StoreUnavailable;
import io.modelgate.application.port.UsageRecord;
import io.modelgate.domain.access.ApiKey;
import io.modelgate.domain.access.KeyId;
import io.modelgate.domain.access.QuotaStanding;
import io.modelgate.domain.access.SecretHash;
import io.modelgate.domain.access.TokenDemand;
import io.modelgate.domain.access.TokenQuota;
import io.modelgate.domain.routing.ModelId;
import io.modelgate.domain.routing.ModelName;
import io.modelgate.domain.routing.ModelRoute;
import java.io.IOException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/** What a full disk looks like: everything can be read as it was, nothing can be kept. */
public final class BrokenStore {
  private BrokenStore() {}

  public static ApiKeys over(ApiKeys readable) {
    return new Keys(readable);
  }

  public static ModelRoutes over(ModelRoutes readable) {
    return new Routes(readable);
  }

  /** Calls are served and charged, but no record is kept. */
  public static Quotas over(Quotas readable) {
    return new Owing(readable);
  }

  /** No call is served. */
  public static Quotas refusing(Quotas readable) {
    return new Refusing(readable);
  }

  private static StoreUnavailable diskFull() {
    return new StoreUnavailable("testing", new IOException("disk full"));
  }

  private record Keys(ApiKeys readable) implements ApiKeys {
    @Override
    public Optional<ApiKey> byHash(SecretHash hash) {
      return readable.byHash(hash);
    }

    @Override
    public Optional<ApiKey> byId(KeyId id) {
      return readable.byId(id);
    }

    @Override
    public List<ApiKey> all() {
      return readable.all();
    }

    @Override
    public void add(ApiKey key, Deed deed) {
      throw diskFull();
    }

    @Override
    public List<ApiKey> change(Collection<KeyId> ids, UnaryOperator<ApiKey> change, Deed deed) {
      throw diskFull();
    }

    @Override
    public Set<KeyId> remove(Collection<KeyId> ids, Deed deed) {
      throw diskFull();
    }
  }

  private record Routes(ModelRoutes readable) implements ModelRoutes {
    @Override
    public Optional<ModelRoute> byName(ModelName name) {
      return readable.byName(name);
    }

    @Override
    public Optional<ModelRoute> byId(ModelId id) {
      return readable.byId(id);
    }

    @Override
    public List<ModelRoute> all() {
      return readable.all();
    }

    @Override
    public void add(ModelRoute route, Deed deed) {
      throw diskFull();
    }

    @Override
    public Optional<ModelRoute> change(ModelId id, UnaryOperator<ModelRoute> change, Deed deed) {
      throw diskFull();
    }

    @Override
    public boolean remove(ModelId id, Deed deed) {
      throw diskFull();
    }
  }

  private record Owing(Quotas readable) implements Quotas {
    @Override
    public QuotaStanding standing(KeyId key, TokenQuota quota, Instant now) {
      return readable.standing(key, quota, now);
    }

    @Override
    public void reset(ApiKey key, Instant now, Deed deed) {
      throw diskFull();
    }

    @Override
    public Verdict reserve(KeyId key, TokenQuota quota, TokenDemand demand, Instant now) {
      Verdict verdict = readable.reserve(key, quota, demand, now);
      return verdict instanceof Verdict.Reserved(Reservation reservation, Long cap)
          ? new Verdict.Reserved(new OwedCall(reservation), cap)
          : verdict;
    }
  }

  private record OwedCall(Reservation reservation) implements Quotas.Reservation {
    @Override
    public long tokens() {
      return reservation.tokens();
    }

    @Override
    public long extend(TokenQuota quota, long wanted) {
      return reservation.extend(quota, wanted);
    }

    @Override
    public void cancel() {
      reservation.cancel();
    }

    @Override
    public Quotas.Settlement settle(UsageRecord record) {
      Quotas.Settlement _ = reservation.settle(record);
      return Quotas.Settlement.OWED;
    }
  }

  private record Refusing(Quotas readable) implements Quotas {
    @Override
    public QuotaStanding standing(KeyId key, TokenQuota quota, Instant now) {
      return readable.standing(key, quota, now);
    }

    @Override
    public void reset(ApiKey key, Instant now, Deed deed) {
      throw diskFull();
    }

    @Override
    public Verdict reserve(KeyId key, TokenQuota quota, TokenDemand demand, Instant now) {
      return new Verdict.Unavailable();
    }
  }
}
