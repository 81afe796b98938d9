package io.modelgate.violations.infrastructure.admin;

import java.net.http.HttpClient;

record KnowsAClient(HttpClient client) {}
