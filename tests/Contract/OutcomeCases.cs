namespace ReuseportPS.Contract;

/// <summary>Return value of a program, seat selected before (3 is empty, -1 none), and the outcome: that seat, any member, or none.</summary>
public static class OutcomeCases
{
    public static TheoryData<string, ulong, int, string> All { get; } = MakeOutcomes();

    private static TheoryData<string, ulong, int, string> MakeOutcomes()
    {
        TheoryData<string, ulong, int, string> cases = [];
        foreach (string kind in (string[])["udp4", "udp6", "tcp4", "tcp6"])
        {
            cases.Add(kind, 1, 2, "selected");
            cases.Add(kind, 1, 3, "any");
            cases.Add(kind, 1, -1, "any");
            cases.Add(kind, 0, 2, "rejected");
            cases.Add(kind, 0, -1, "rejected");
        }

        foreach (ulong returned in (ulong[])[2, 0x7fff_ffff, 0xffff_ffff, ulong.MaxValue, 0x1_0000_0000])
        {
            cases.Add("udp4", returned, 2, "rejected");
            cases.Add("tcp6", returned, -1, "rejected");
        }

        // Only the low 32 bits count.
        cases.Add("udp4", 0x1_0000_0001, 2, "selected");
        cases.Add("tcp4", 0xffff_ffff_0000_0001, 2, "selected");
        return cases;
    }
}
