package io.modelgate.infrastructure.store;

/**
 * What a copy of a database holds.
 *
 * @param schema its number
 * @param credentials how many are in it, encrypted
 */
public record BackupSummary(int schema, int keys, int models, int credentials) {}
