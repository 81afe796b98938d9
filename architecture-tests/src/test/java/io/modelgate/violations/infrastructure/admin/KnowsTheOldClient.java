package io.modelgate.violations.infrastructure.admin;

import java.net.HttpURLConnection;

record KnowsTheOldClient(HttpURLConnection client) {}
