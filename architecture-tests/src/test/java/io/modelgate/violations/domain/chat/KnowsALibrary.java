package io.modelgate.violations.domain.chat;

import com.fasterxml.jackson.databind.JsonNode;

record KnowsALibrary(JsonNode node) {}
