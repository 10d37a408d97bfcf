using System.Collections.Frozen;

namespace ReuseportPS.Engine.Helpers;

/// <summary>Why a helper cannot be called off-kernel.</summary>
public static class HelperAvailability
{
    private const string Cgroup = "off-kernel there are no control groups";
    private const string Variable = "off-kernel there are no variables of a kernel";
    private const string Storage = "off-kernel there are no tasks or control groups that could hold values";
    private const string Timer = "off-kernel a timer never fires, so a program that counts on one would run differently";

    private static readonly FrozenDictionary<int, string> s_reasons = new Dictionary<int, string>
    {
        [37] = Cgroup,
        [153] = Variable,
        [154] = Variable,
        [156] = Storage,
        [157] = Storage,
        [169] = Timer,
        [170] = Timer,
        [171] = Timer,
        [172] = Timer,
        [194] = "off-kernel there are no kernel objects that a map value could hold",
        [209] = "off-kernel there is no user process that fills a user ring buffer",
        [210] = Storage,
        [211] = Storage,
    }.ToFrozenDictionary();

    /// <summary>The reason for a helper that a machine does not have, to end a sentence with.</summary>
    public static string WhyNot(int id) =>
        HelperPrototypes.Find(id) is not HelperPrototype prototype ? "an SK_REUSEPORT program may not call it on Linux 6.18"
        : prototype.MaySleep ? "it may sleep, which a program of this type may not"
        : s_reasons.TryGetValue(id, out string? reason) ? reason
        : prototype.NeedsPerfmon ? "it looks into a running kernel and needs CAP_PERFMON there; off-kernel there is nothing to look into"
        : "this host does not provide it";
}
