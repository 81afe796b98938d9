package io.modelgate.violations.domain.chat;

final class NameUtils {}
