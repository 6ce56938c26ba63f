import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.CompletionStage;

/** A client made with java.net.http, commanded by lines: see foreign-process.ts. */
public class Echo {
  static final class Reporter implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream binary = new ByteArrayOutputStream();

    @Override
    public CompletionStage<?> onText(WebSocket connection, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        report("text", encode(text.toString()));
        text.setLength(0);
      }
      connection.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket connection, ByteBuffer part, boolean last) {
      byte[] bytes = new byte[part.remaining()];
      part.get(bytes);
      binary.writeBytes(bytes);
      if (last) {
        report("binary", Base64.getEncoder().encodeToString(binary.toByteArray()));
        binary.reset();
      }
      connection.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onPong(WebSocket connection, ByteBuffer payload) {
      report("pong");
      connection.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket connection, int code, String reason) {
      report("closed", Integer.toString(code), encode(reason));
      return null;
    }

    @Override
    public void onError(WebSocket connection, Throwable error) {
      report("closed", "1006", encode(error.toString()));
    }
  }

  public static void main(String[] args) throws Exception {
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    HttpClient client = HttpClient.newHttpClient();
    WebSocket connection = null;
    for (String line; (line = commands.readLine()) != null; ) {
      String[] words = line.split(" ", -1);
      if (words[0].equals("connect")) connection = connect(client, words[1], decode(words[2]));
      else execute(connection, words);
    }
    System.exit(0);
  }

  static WebSocket connect(HttpClient client, String url, String subprotocols) {
    WebSocket.Builder builder = client.newWebSocketBuilder();
    if (!subprotocols.isEmpty()) {
      String[] names = subprotocols.split(",");
      builder.subprotocols(names[0], Arrays.copyOfRange(names, 1, names.length));
    }
    try {
      WebSocket connection = builder.buildAsync(URI.create(url), new Reporter()).join();
      report("open", encode(connection.getSubprotocol()));
      return connection;
    } catch (RuntimeException error) {
      report("failed", encode(error.toString()));
      return null;
    }
  }

  static void execute(WebSocket connection, String[] words) {
    switch (words[0]) {
      case "text" -> connection.sendText(decode(words[1]), true).join();
      case "binary" ->
          connection.sendBinary(ByteBuffer.wrap(Base64.getDecoder().decode(words[1])), true).join();
      case "fragments" -> {
        for (int i = 1; i < words.length; i++) {
          connection.sendText(decode(words[i]), i == words.length - 1).join();
        }
      }
      case "ping" -> connection.sendPing(ByteBuffer.wrap(new byte[] {1, 2, 3})).join();
      case "close" -> connection.sendClose(Integer.parseInt(words[1]), decode(words[2])).join();
      default -> throw new IllegalArgumentException(words[0]);
    }
  }

  static String encode(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  static String decode(String text) {
    return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
  }

  static synchronized void report(String... words) {
    System.out.println(String.join(" ", words));
    System.out.flush();
  }
}
