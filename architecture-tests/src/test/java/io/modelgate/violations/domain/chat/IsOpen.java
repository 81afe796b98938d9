package io.modelgate.violations.domain.chat;

class IsOpen {}
