package io.modelgate.violations.domain.chat;

final class NameManager {}
