package io.modelgate.infrastructure.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;

/** Writes to a client at once, so that the connection knows how long that takes. */
final class ClientWriter implements DataWriter {
  private final ClientConnection client;

  ClientWriter(ClientConnection client) {
    this.client = client;
  }

  @Override
  public void write(BufferData... buffers) {
    client.write(BufferData.create(buffers));
  }

  @Override
  public void write(BufferData buffer) {
    client.write(buffer);
  }

  @Override
  public void writeNow(BufferData... buffers) {
    client.write(BufferData.create(buffers));
  }

  @Override
  public void writeNow(BufferData buffer) {
    client.write(buffer);
  }
}
