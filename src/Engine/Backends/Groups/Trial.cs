using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Globalization;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>
/// A policy that waits to be confirmed: the programs that are attached meanwhile (<see cref="ConfirmProgram"/>), one per kernel group, their PROG_ARRAYs, the deadline that they share,
/// and what they return to. All of it is pinned, so that the kernel returns by itself.
/// </summary>
internal sealed class Trial : IDisposable
{
    public const string DeadlinePin = "deadline";

    private static readonly byte[] s_zero = new byte[4];

    private readonly IBackendMap _deadline;
    private readonly ImmutableArray<IBackendMap> _ways;

    private Trial(int generation, IBackendMap deadline, ImmutableArray<IBackendMap> ways, ImmutableArray<IBackendProgram> programs) =>
        (Generation, _deadline, _ways, Programs) = (generation, deadline, ways, programs);

    /// <summary>The generation of the policy that is tried; in the names of the pins.</summary>
    public int Generation { get; }

    /// <summary>The attached programs, one per kernel group.</summary>
    public ImmutableArray<IBackendProgram> Programs { get; }

    /// <summary>What the group returns to, with its handles. Null once it has returned: then it is what the group has.</summary>
    public GroupSide? Former { get; set; }

    /// <summary>What was tried and is over: set when the group has returned.</summary>
    public string? RolledBack { get; set; }

    /// <summary>Nanoseconds of the boot clock.</summary>
    public ulong Deadline
    {
        get => BinaryPrimitives.ReadUInt64LittleEndian(_deadline.Lookup(s_zero) ?? new byte[8]);
        set
        {
            byte[] bytes = new byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            _deadline.Update(s_zero, bytes);
        }
    }

    /// <summary>The maps by the names of their pins.</summary>
    public IEnumerable<(string Pin, IBackendMap Map)> Maps =>
        _ways.Select((map, index) => (WaysPin(index), map)).Prepend((DeadlinePin, _deadline));

    /// <summary>Makes the programs. The deadline never comes until it is set.</summary>
    /// <param name="backend">The backend.</param>
    /// <param name="generation">Generation of what is tried.</param>
    /// <param name="groups">The kernel groups.</param>
    /// <param name="programs">The programs of what is tried, one for each.</param>
    /// <param name="former">What to return to.</param>
    /// <param name="migrates">Whether what is tried steers connections whose listener stops.</param>
    public static Trial Make(IReuseportBackend backend, int generation, ImmutableArray<KernelGroup> groups, IReadOnlyList<IBackendProgram> programs, GroupSide former, bool migrates)
    {
        List<IDisposable> made = [];
        try
        {
            MapSpec never = ConfirmProgram.DeadlineMap with { Contents = [new MapEntry([0, 0, 0, 0], [.. Enumerable.Repeat(byte.MaxValue, 8)])] };
            IBackendMap deadline = Keep(backend.CreateMap(never));
            List<IBackendMap> ways = [];
            List<IBackendProgram> attached = [];
            for (int index = 0; index < groups.Length; index++)
            {
                ways.Add(Keep(backend.CreateMap(ConfirmProgram.WaysMap)));
                ways[index].UpdateProgram(ConfirmProgram.Newer, programs[index]);
                if (!former.Programs.IsEmpty)
                {
                    PutFormer(ways[index], former, index);
                }

                attached.Add(Keep(backend.LoadProgram(ConfirmProgram.For(migrates), [groups[index].Seats, deadline, ways[index]])));
            }

            return new Trial(generation, deadline, [.. ways], [.. attached]) { Former = former };
        }
        catch
        {
            made.ForEach(one => one.Dispose());
            throw;
        }

        T Keep<T>(T one)
            where T : IDisposable
        {
            made.Add(one);
            return one;
        }
    }

    /// <summary>Opens one from its pins; null when one of them is gone.</summary>
    public static Trial? Open(IPinFolder folder, int generation, int kernelGroups)
    {
        IBackendMap? deadline = folder.OpenMap(ManagedGroup.MapPin(DeadlinePin, generation));
        IBackendMap?[] ways = [.. Enumerable.Range(0, kernelGroups).Select(index => folder.OpenMap(ManagedGroup.MapPin(WaysPin(index), generation)))];
        IBackendProgram?[] programs = [.. Enumerable.Range(0, kernelGroups).Select(index => folder.OpenProgram(ProgramPin(index, generation)))];
        if (deadline is not null && !ways.Contains(null) && !programs.Contains(null))
        {
            return new Trial(generation, deadline, [.. ways!], [.. programs!]);
        }

        deadline?.Dispose();
        Array.ForEach(ways, map => map?.Dispose());
        Array.ForEach(programs, program => program?.Dispose());
        return null;
    }

    public static string ProgramPin(int kernelGroup, int generation) =>
        ManagedGroup.MapPin(string.Create(CultureInfo.InvariantCulture, $"{ManagedGroup.ProgramPinPrefix}c{kernelGroup}"), generation);

    /// <summary>Closes its own handles. What it would return to is another's.</summary>
    public void Dispose()
    {
        foreach (IDisposable one in Programs.Concat<IDisposable>(_ways).Prepend(_deadline))
        {
            one.Dispose();
        }
    }

    private static string WaysPin(int kernelGroup) => string.Create(CultureInfo.InvariantCulture, $"ways{kernelGroup}");

    private static void PutFormer(IBackendMap ways, GroupSide former, int index)
    {
        try
        {
            ways.UpdateProgram(ConfirmProgram.Former, former.Programs[index]);
        }
        catch (BackendException exception) when (exception.Errno == Errno.EINVAL)
        {
            throw TrialCodes.CannotReturn(former.Name, "a program goes on to another only when both are attached alike, and one of them steers connections whose listener stops (migrate) and the other does not");
        }
    }
}
