using System.Globalization;

namespace ReuseportPS.Linux.Tests.Live;

/// <summary>A server that knows nothing of this project: some sockets of each kind, each of which answers with its number. Connections are served one after the other.</summary>
internal static class AnsweringServer
{
    private const string Script = """
        import os, selectors, socket, sys
        ready = selectors.DefaultSelector()
        for number in range(int(sys.argv[2])):
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                s = socket.socket(socket.AF_INET, kind); s.setsockopt(socket.SOL_SOCKET, 15, 1); s.bind(("127.0.0.1", int(sys.argv[1])))
                if kind == socket.SOCK_STREAM: s.listen(128)
                ready.register(s, selectors.EVENT_READ, (kind, b"%d:%d" % (os.getpid(), number) if sys.argv[3] == "process" else b"%d" % number))
        print("ready", flush=True)
        while True:
            for key, _ in ready.select():
                kind, name = key.data
                if kind == socket.SOCK_DGRAM:
                    _, peer = key.fileobj.recvfrom(64); key.fileobj.sendto(name, peer)
                else:
                    c, _ = key.fileobj.accept(); c.sendall(name); c.close()
        """;

    /// <summary>Starts one.</summary>
    /// <param name="place">Where.</param>
    /// <param name="port">Its port.</param>
    /// <param name="sockets">Sockets of each kind.</param>
    /// <param name="namesProcess">Whether the process id and a colon come before the number.</param>
    public static ChildServer Start(LinuxNamespace place, int port, int sockets, bool namesProcess) => ChildServer.StartPython(
        place, Script, port.ToString(CultureInfo.InvariantCulture), sockets.ToString(CultureInfo.InvariantCulture), namesProcess ? "process" : "number");
}
