using ReuseportPS.Engine.Diagnostics;

namespace ReuseportPS.Contract;

/// <summary>Who may bind beside whom: first socket, second socket, errno of the second one's bind, errno of its listen.</summary>
public static class BindCases
{
    public static TheoryData<string, string, Errno, Errno> All { get; } = Pairs();

    private static TheoryData<string, string, Errno, Errno> Pairs()
    {
        const Errno No = Errno.EADDRINUSE;
        const Errno Yes = Errno.None;
        TheoryData<string, string, Errno, Errno> cases = [];
        foreach (string protocol in (string[])["udp", "tcp"])
        {
            foreach (string family in (string[])["4", "6"])
            {
                Add("{0}", "{0}", Yes);
                Add("{0} any", "{0} any", Yes);
                Add("{0} any", "{0}", Yes);
                Add("{0}", "{0} any", Yes);
                Add("{0} -reuseport", "{0}", No);
                Add("{0}", "{0} -reuseport", No);
                Add("{0} -reuseport", "{0} -reuseport", No);
                Add("{0} any -reuseport", "{0}", No);
                Add("{0}", "{0} any -reuseport", No);
                Add("{0} -reuseport", "{0} other -reuseport", Yes);
                Add("{0} reuseaddr", "{0} reuseaddr", Yes);
                Add("{0} reuseaddr", "{0}", Yes);
                Add("{0} -reuseport reuseaddr", "{0} -reuseport", No);
                Add("{0} -reuseport", "{0} -reuseport reuseaddr", No);
                Add("{0}", "{0} device", Yes);
                Add("{0} device", "{0}", Yes);
                Add("{0} -reuseport", "{0} -reuseport device", No);

                void Add(string first, string second, Errno bind) => cases.Add(
                    first.Replace("{0}", protocol + family, StringComparison.Ordinal), second.Replace("{0}", protocol + family, StringComparison.Ordinal), bind, Errno.None);
            }

            cases.Add($"{protocol}6 any", $"{protocol}4 any", Yes, Yes);
            cases.Add($"{protocol}4 any", $"{protocol}6 any", Yes, Yes);
            cases.Add($"{protocol}6 any -reuseport", $"{protocol}4 any -reuseport", No, Yes);
            cases.Add($"{protocol}4 any -reuseport", $"{protocol}6 any -reuseport", No, Yes);
            cases.Add($"{protocol}4 any -reuseport", $"{protocol}6 any v6only -reuseport", Yes, Yes);
            cases.Add($"{protocol}6 any v6only -reuseport", $"{protocol}4 any -reuseport", Yes, Yes);
            cases.Add($"{protocol}6 any v6only", $"{protocol}6 any", Yes, Yes);
            cases.Add($"{protocol}6 any", $"{protocol}6 any v6only", Yes, Yes);
            cases.Add($"{protocol}6 any v6only -reuseport", $"{protocol}6 any -reuseport", No, Yes);
            cases.Add($"{protocol}6 mapped", $"{protocol}4 server", Yes, Yes);
            cases.Add($"{protocol}4 server", $"{protocol}6 mapped", Yes, Yes);
            cases.Add($"{protocol}4 server -reuseport", $"{protocol}6 mapped -reuseport", No, Yes);
            cases.Add($"{protocol}6 mapped -reuseport", $"{protocol}4 any -reuseport", No, Yes);
            cases.Add($"{protocol}4 server -reuseport", $"{protocol}6 server -reuseport", Yes, Yes);
        }

        // Bound without the option, SO_REUSEADDR lets TCP bind but not listen beside a listener; UDP may.
        cases.Add("udp4 -reuseport reuseaddr", "udp4 -reuseport reuseaddr", Yes, Yes);
        cases.Add("udp6 -reuseport reuseaddr", "udp6 -reuseport reuseaddr", Yes, Yes);
        cases.Add("tcp4 -reuseport reuseaddr", "tcp4 -reuseport reuseaddr", No, Yes);
        cases.Add("tcp6 -reuseport reuseaddr", "tcp6 -reuseport reuseaddr", No, Yes);
        cases.Add("udp4 -reuseport", "tcp4 -reuseport", Yes, Yes);
        return cases;
    }
}
