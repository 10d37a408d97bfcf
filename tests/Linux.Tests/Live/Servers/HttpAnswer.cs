using System.Net.Sockets;
using System.Text;

namespace ReuseportPS.Linux.Tests.Live.Servers;

/// <summary>A request of HTTP/1.0, one for a connection.</summary>
internal static class HttpAnswer
{
    /// <summary>The body of the answer, without the white space around it.</summary>
    public static string Read(Socket socket)
    {
        string answer = Ask(socket);
        int body = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return body < 0 ? throw new InvalidDataException($"{answer.Length} bytes are no answer") : answer[body..].Trim();
    }

    /// <summary>The whole answer; empty where the server closed without one.</summary>
    public static string Ask(Socket socket)
    {
        socket.Send("GET / HTTP/1.0\r\n\r\n"u8);
        Span<byte> buffer = stackalloc byte[1024];
        int length = 0;
        for (int read; (read = socket.Receive(buffer[length..])) > 0;)
        {
            length += read;
        }

        return Encoding.ASCII.GetString(buffer[..length]);
    }
}
