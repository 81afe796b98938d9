package io.modelgate.violations.infrastructure.http;

import java.sql.Connection;

record KnowsSql(Connection connection) {}
