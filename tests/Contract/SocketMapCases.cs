using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Contract;

/// <summary>
/// What is put under which key of a map of four, by flags, while key 0 holds a socket and the others none; what SOCKMAP and what SOCKHASH say. Where several
/// things are wrong at once, the kernel's order of checks decides which is told.
/// </summary>
public static class SocketMapCases
{
    private static readonly (string What, uint Key, MapUpdateFlags Flags, Errno InMap, Errno InHash)[] s_updates =
    [
        ("member", 1, MapUpdateFlags.Any, Errno.None, Errno.None),
        ("member", 0, MapUpdateFlags.Any, Errno.None, Errno.None),
        ("member", 0, MapUpdateFlags.Exist, Errno.None, Errno.None),
        ("member", 1, MapUpdateFlags.NoExist, Errno.None, Errno.None),
        ("member", 0, MapUpdateFlags.NoExist, Errno.EEXIST, Errno.EEXIST),
        ("member", 1, MapUpdateFlags.Exist, Errno.ENOENT, Errno.ENOENT),
        ("member", 1, (MapUpdateFlags)3, Errno.EINVAL, Errno.EINVAL),
        ("member", 1, MapUpdateFlags.Lock, Errno.EINVAL, Errno.EINVAL),
        ("member", 4, MapUpdateFlags.Any, Errno.E2BIG, Errno.None),
        ("member", uint.MaxValue, MapUpdateFlags.Any, Errno.E2BIG, Errno.None),
        ("member", 4, (MapUpdateFlags)3, Errno.EINVAL, Errno.EINVAL),
        ("v6 member", 1, MapUpdateFlags.Any, Errno.None, Errno.None),
        ("tcp member", 1, MapUpdateFlags.Any, Errno.None, Errno.None),
        ("no option", 1, MapUpdateFlags.Any, Errno.None, Errno.None),
        ("option cleared", 1, MapUpdateFlags.Any, Errno.None, Errno.None),
        ("connected", 1, MapUpdateFlags.Any, Errno.None, Errno.None),
        ("disconnected", 1, MapUpdateFlags.Any, Errno.None, Errno.None),
        ("tcp client", 1, MapUpdateFlags.Any, Errno.None, Errno.None),
        ("tcp accepted", 1, MapUpdateFlags.Any, Errno.None, Errno.None),
        ("unbound", 1, MapUpdateFlags.Any, Errno.EOPNOTSUPP, Errno.EOPNOTSUPP),
        ("unbound", 0, MapUpdateFlags.NoExist, Errno.EOPNOTSUPP, Errno.EOPNOTSUPP),
        ("unbound", 1, (MapUpdateFlags)3, Errno.EOPNOTSUPP, Errno.EOPNOTSUPP),
        ("tcp unbound", 1, MapUpdateFlags.Any, Errno.EOPNOTSUPP, Errno.EOPNOTSUPP),
        ("tcp bound", 1, MapUpdateFlags.Any, Errno.EOPNOTSUPP, Errno.EOPNOTSUPP),
        ("tcp shut down", 1, MapUpdateFlags.Any, Errno.EOPNOTSUPP, Errno.EOPNOTSUPP),
        ("seated", 1, MapUpdateFlags.Any, Errno.EBUSY, Errno.EBUSY),
        ("seated", 0, MapUpdateFlags.NoExist, Errno.EBUSY, Errno.EBUSY),
        ("seated", 4, MapUpdateFlags.Any, Errno.E2BIG, Errno.EBUSY),
        ("same", 0, MapUpdateFlags.Any, Errno.None, Errno.None),
        ("same", 0, MapUpdateFlags.NoExist, Errno.EEXIST, Errno.EEXIST),
        ("same", 2, MapUpdateFlags.Any, Errno.None, Errno.None),
        ("elsewhere", 2, MapUpdateFlags.Any, Errno.None, Errno.None),
    ];

    public static TheoryData<MapType, string, uint, MapUpdateFlags, Errno> Updates { get; } =
    [
        .. from row in s_updates select (MapType.SockMap, row.What, row.Key, row.Flags, row.InMap),
        .. from row in s_updates select (MapType.SockHash, row.What, row.Key, row.Flags, row.InHash),
    ];
}
