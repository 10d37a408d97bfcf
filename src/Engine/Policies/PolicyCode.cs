using System.Buffers.Binary;
using ReuseportPS.Engine.Helpers;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Packets;
using ReuseportPS.Engine.Programs;
using static ReuseportPS.Engine.Isa.Register;

namespace ReuseportPS.Engine.Policies;

/// <summary>
/// The pieces of which policy programs are made. Throughout: r6 is the context, r7 the counters, r8 the table
/// of the current bank, r9 the hash. Everything else of a packet is on the stack, in <see cref="Frame"/>.
/// </summary>
internal sealed class PolicyCode
{
    /// <summary>BPF_HDR_START_NET.</summary>
    private const int NetworkHeader = 1;

    /// <summary>Offsets in struct sk_reuseport_md.</summary>
    private const short Length = 16;
    private const short EthProtocol = 20;
    private const short IpProtocol = 24;
    private const short MigratingSocket = 48;

    /// <summary>Offset of the flags in a TCP header.</summary>
    private const int TcpFlagsOffset = 13;

    /// <summary>Set beside the flags of a TCP header that was read.</summary>
    private const int HaveFlags = 0x100;

    /// <summary>Set for a connection whose listener stopped.</summary>
    private const int OpensNothing = 0x200;

    /// <summary>Offsets in struct bpf_sock.</summary>
    private const short SockFamily = 4;
    private const short SockSourceIpv4 = 24;
    private const short SockSourceIpv6 = 28;
    private const short SockSourcePort = 44;
    private const short SockDestinationPort = 48;
    private const short SockDestinationIpv4 = 52;
    private const short SockDestinationIpv6 = 56;

    /// <summary>AF_INET; ETH_P_IPV6 in network order; the third word of ::ffff:0:0/96 as it lies.</summary>
    private const int AddressFamilyIpv4 = 2;
    private const int EthIpv6 = 0xdd86;
    private const int MappedWord = unchecked((int)0xffff0000);

    /// <summary>Bytes of a UDP header.</summary>
    private const int UdpHeader = 8;

    /// <summary>ETH_P_IP in network order, as the context has it.</summary>
    private const int EthIpv4 = 0x0008;

    /// <summary>The verifier's own code, lookups in place of calls above all, less than doubles the length of these programs.</summary>
    /// <summary>Whether the IP version is on the stack: there may be no packet.</summary>
    public bool Migrates { get; init; }

    /// <summary>Whether decisions are reported.</summary>
    public bool Samples { get; init; }

    public ProgramBuilder Builder { get; } = new() { Reach = short.MaxValue / 2, Prunes = true };

    public Label NewLabel(string name) => Builder.NewLabel(name);

    public void Mark(Label label) => Builder.Mark(label);

    public void Jump(Label label) => Builder.Jump(label);

    public void SaveContext() => Builder.Add(Instructions.Move(R6, R1));

    /// <summary>r7 = the counters of this CPU.</summary>
    public void LoadCounters(int map, Label absent)
    {
        Builder.Add(Instructions.StoreImmediate(MemorySize.Word, R10, Frame.Key, 0));
        Lookup(map, Frame.Key);
        Builder.JumpIf(JumpOperation.Equal, R0, 0, absent).Add(Instructions.Move(R7, R0));
    }

    /// <summary>Reads the epoch, once for the whole packet, and keeps it.</summary>
    public void LoadEpoch(int map, int field, bool keepsBank)
    {
        Builder.Add(
            Instructions.LoadMapValue(R1, map, 0),
            Instructions.Load(MemorySize.Word, R1, R1, 0),
            Instructions.Store(MemorySize.DoubleWord, R7, Field(field), R1));
        if (keepsBank)
        {
            Builder.Add(Instructions.Alu32(AluOperation.And, R1, 1), Instructions.Store(MemorySize.Word, R10, Frame.Bank, R1));
        }
    }

    public void Count(int field) => Builder.Add(
        Instructions.Load(MemorySize.DoubleWord, R1, R7, Field(field)),
        Instructions.Alu64(AluOperation.Add, R1, 1),
        Instructions.Store(MemorySize.DoubleWord, R7, Field(field), R1));

    public void JumpUnlessProtocol(int protocol, Label target) =>
        Builder.Add(Instructions.Load(MemorySize.Word, R0, R6, IpProtocol)).JumpIf32(JumpOperation.NotEqual, R0, protocol, target);

    public void JumpIfIpv4(Label target) => JumpOnFamily(JumpOperation.Equal, target);

    public void JumpUnlessIpv4(Label target) => JumpOnFamily(JumpOperation.NotEqual, target);

    public void LoadPorts(Label failed)
    {
        LoadFromTransport(0, 4, Frame.Ports);
        Builder.JumpIf(JumpOperation.NotEqual, R0, 0, failed);
    }

    /// <summary>Loads from the network header to the stack: other bytes for IPv4 than for IPv6. With <paramref name="key"/>, makes a trie's key of it.</summary>
    public void LoadAddresses((int Offset, int Size) ipv4, (int Offset, int Size) ipv6, short to, bool key, Label failed)
    {
        // The verifier does not know that later tests of the family agree with this one, so what IPv4 leaves is initialised too.
        for (int at = ipv4.Size & ~7; at < ipv6.Size; at += 8)
        {
            Builder.Add(Instructions.StoreImmediate(MemorySize.DoubleWord, R10, (short)(to + at), 0));
        }

        if (key)
        {
            Header(IpFamily.V4);
        }

        Label load = NewLabel("load");
        Builder.Add(Instructions.MoveImmediate(R2, ipv4.Offset), Instructions.MoveImmediate(R4, ipv4.Size));
        JumpIfIpv4(load);
        Builder.Add(Instructions.MoveImmediate(R2, ipv6.Offset), Instructions.MoveImmediate(R4, ipv6.Size));
        if (key)
        {
            Header(IpFamily.V6);
        }

        Builder.Mark(load).Add(
            Instructions.Move(R1, R6),
            Instructions.Move(R3, R10),
            Instructions.Alu64(AluOperation.Add, R3, to),
            Instructions.MoveImmediate(R5, NetworkHeader),
            Instructions.CallHelper(HelperId.SkbLoadBytesRelative));
        Builder.JumpIf(JumpOperation.NotEqual, R0, 0, failed);

        void Header(IpFamily family) => StoreKeyHeader(to, family);
    }

    /// <summary>
    /// Family, addresses and ports of a connection whose listener stopped: there is no packet, or not always. An IPv4 connection of a dual-stack socket
    /// is one of IPv4. Falls through where there is only a packet.
    /// </summary>
    /// <param name="needs">What is needed, and where.</param>
    /// <param name="migrating">The counter.</param>
    /// <param name="loaded">Where to go on with what was loaded.</param>
    public void LoadMigrating(PacketNeeds needs, int migrating, Label loaded)
    {
        Label packet = NewLabel("no migration");
        Label ipv4 = NewLabel("migrating ipv4");
        Label ipv6 = NewLabel("migrating ipv6");
        Label ports = NewLabel("migrating ports");
        Builder.Add(Instructions.StoreImmediate(MemorySize.Word, R10, Frame.Migrating, 0), Instructions.Load(MemorySize.DoubleWord, R9, R6, MigratingSocket));
        Builder.JumpIf(JumpOperation.Equal, R9, 0, packet)
            .Add(Instructions.StoreImmediate(MemorySize.Word, R10, Frame.Migrating, 1));
        ZeroAddresses();
        Count(migrating);
        Builder.Add(Instructions.Load(MemorySize.Word, R1, R9, SockFamily))
            .JumpIf32(JumpOperation.Equal, R1, AddressFamilyIpv4, ipv4)
            .Add(Instructions.Load(MemorySize.Word, R1, R9, SockDestinationIpv6 + 8))
            .JumpIf32(JumpOperation.NotEqual, R1, MappedWord, ipv6)
            .Add(Instructions.Load(MemorySize.Word, R1, R9, SockDestinationIpv6))
            .JumpIf32(JumpOperation.NotEqual, R1, 0, ipv6)
            .Add(Instructions.Load(MemorySize.Word, R1, R9, SockDestinationIpv6 + 4))
            .JumpIf32(JumpOperation.NotEqual, R1, 0, ipv6);
        Mark(ipv4);
        Builder.Add(Instructions.StoreImmediate(MemorySize.Word, R10, Frame.Family, EthIpv4));
        Copy(SockDestinationIpv4, Frame.Source);
        Copy(SockSourceIpv4, Frame.Source + 4);
        Keys(IpFamily.V4, words: 1);
        Jump(ports);
        Mark(ipv6);
        Builder.Add(Instructions.StoreImmediate(MemorySize.Word, R10, Frame.Family, EthIpv6));
        for (short at = 0; at < 16; at += 4)
        {
            Copy((short)(SockDestinationIpv6 + at), (short)(Frame.Source + at));
            Copy((short)(SockSourceIpv6 + at), (short)(Frame.Source + 16 + at));
        }

        Keys(IpFamily.V6, words: 4);
        Mark(ports);
        Builder.Add(
            Instructions.Load(MemorySize.HalfWord, R1, R9, SockDestinationPort),
            Instructions.Store(MemorySize.HalfWord, R10, Frame.Ports, R1),
            Instructions.Load(MemorySize.Word, R1, R9, SockSourcePort),
            Instructions.ToBigEndian(R1, 16),
            Instructions.Store(MemorySize.HalfWord, R10, Frame.Ports + 2, R1));
        Jump(loaded);
        Mark(packet);

        void Copy(short from, short to) => Builder.Add(
            Instructions.Load(MemorySize.Word, R1, R9, from), Instructions.Store(MemorySize.Word, R10, to, R1));

        void Keys(IpFamily family, int words)
        {
            if (needs.SourceKey)
            {
                StoreKeyHeader(Frame.Source, family);
            }

            if (needs.DestinationKey)
            {
                Builder.Add(
                    Instructions.StoreImmediate(MemorySize.DoubleWord, R10, Frame.DestinationKey, 0),
                    Instructions.StoreImmediate(MemorySize.DoubleWord, R10, Frame.DestinationKey + 8, 0));
                StoreKeyHeader(Frame.DestinationKey, family);
                for (short at = 0; at < 4 * words; at += 4)
                {
                    Builder.Add(
                        Instructions.Load(MemorySize.Word, R1, R10, (short)(Frame.Source + (4 * words) + at)),
                        Instructions.Store(MemorySize.Word, R10, (short)(Frame.DestinationKey + at), R1));
                }
            }
        }
    }

    /// <summary>The IP version that the context tells; 0 where there is no packet.</summary>
    public void StoreFamily() => Builder.Add(
        Instructions.Load(MemorySize.Word, R1, R6, EthProtocol), Instructions.Store(MemorySize.Word, R10, Frame.Family, R1));

    /// <summary>Nothing in the place of addresses and ports.</summary>
    public void ZeroAddresses()
    {
        for (short at = 0; at < 32; at += 8)
        {
            Builder.Add(Instructions.StoreImmediate(MemorySize.DoubleWord, R10, (short)(Frame.Source + at), 0));
        }

        Builder.Add(Instructions.StoreImmediate(MemorySize.Word, R10, Frame.Ports, 0));
    }

    public void TestMigrating(bool wanted, Label failed) => Builder.Add(Instructions.Load(MemorySize.Word, R1, R10, Frame.Migrating))
        .JumpIf32(wanted ? JumpOperation.Equal : JumpOperation.NotEqual, R1, 0, failed);

    /// <summary>Which rule it was, for a sample.</summary>
    public void StoreRule(int rule) => Builder.Add(Instructions.StoreImmediate(MemorySize.DoubleWord, R10, Frame.Sample + DecisionSample.RuleAt, (ushort)rule));

    /// <summary>What was decided, for a sample; the slot is on the stack, or there is none.</summary>
    public void StoreVerdict(PolicyVerdict verdict)
    {
        Builder.Add(Instructions.StoreImmediate(MemorySize.HalfWord, R10, Frame.Sample + DecisionSample.VerdictAt, (int)verdict));
        Builder.Add(verdict == PolicyVerdict.Slot
            ? [Instructions.Load(MemorySize.Word, R1, R10, Frame.Key), Instructions.Store(MemorySize.HalfWord, R10, Frame.Sample + DecisionSample.SlotAt, R1)]
            : [Instructions.StoreImmediate(MemorySize.HalfWord, R10, Frame.Sample + DecisionSample.SlotAt, -1)]);
    }

    /// <summary>Reports one of so many decisions of this CPU, and returns.</summary>
    public void EmitSample(int map, int oneIn, CounterLayout counters)
    {
        Label done = NewLabel("sampled");
        Label lost = NewLabel("sample lost");
        Label reject = NewLabel("return reject");
        short cell = Field(counters.IndexOfSampleCell);
        Builder.Add(
            Instructions.Load(MemorySize.DoubleWord, R1, R7, cell),
            Instructions.Alu64(AluOperation.Add, R1, 1),
            Instructions.Store(MemorySize.DoubleWord, R7, cell, R1),
            Instructions.Alu64(AluOperation.Modulo, R1, oneIn))
            .JumpIf(JumpOperation.NotEqual, R1, 0, done)
            .Add(
                Instructions.Load(MemorySize.DoubleWord, R1, R7, Field(CounterLayout.IndexOf(CounterKind.Epoch))),
                Instructions.Store(MemorySize.Word, R10, Frame.Sample, R1),
                Instructions.Load(MemorySize.Word, R1, R6, Length),
                Instructions.Store(MemorySize.Word, R10, Frame.Sample + DecisionSample.LengthAt, R1),
                Instructions.CallHelper(HelperId.KtimeGetNanoseconds),
                Instructions.Store(MemorySize.Word, R10, Frame.Sample + 16, R0),
                Instructions.Alu64(AluOperation.ShiftRight, R0, 32),
                Instructions.Store(MemorySize.Word, R10, Frame.Sample + 20, R0));
        StoreFlowKey();
        Builder.Add(
            Instructions.LoadMap(R1, map),
            Instructions.Move(R2, R10),
            Instructions.Alu64(AluOperation.Add, R2, Frame.Sample),
            Instructions.MoveImmediate(R3, DecisionSample.Size),
            Instructions.MoveImmediate(R4, 0),
            Instructions.CallHelper(HelperId.RingBufferOutput))
            .JumpIf(JumpOperation.NotEqual, R0, 0, lost);
        Count(counters.Find(CounterKind.Sample));
        Jump(done);
        Mark(lost);
        Count(counters.Find(CounterKind.SampleLost));
        Mark(done);
        Builder.Add(Instructions.Load(MemorySize.HalfWord, R1, R10, Frame.Sample + DecisionSample.VerdictAt))
            .JumpIf32(JumpOperation.Equal, R1, (int)PolicyVerdict.Reject, reject);
        Return(pass: true);
        Mark(reject);
        Return(pass: false);
    }

    private void StoreKeyHeader(short to, IpFamily family) => Builder.Add(
        Instructions.StoreImmediate(MemorySize.Word, R10, (short)(to - 8), PolicyMapSpecs.FamilyBits + (family == IpFamily.V4 ? 32 : 128)),
        Instructions.StoreImmediate(MemorySize.Word, R10, (short)(to - 4), PolicyMapSpecs.FamilyTag(family)));

    /// <summary>r0 = the inner map of the current bank.</summary>
    public void LoadInner(int map, int perBank, int index, Label absent)
    {
        short key = Frame.Bank;
        if (perBank > 1)
        {
            key = Frame.Key;
            Builder.Add(Instructions.Load(MemorySize.Word, R1, R10, Frame.Bank), Instructions.Alu32(AluOperation.Multiply, R1, perBank));
            if (index > 0)
            {
                Builder.Add(Instructions.Alu32(AluOperation.Add, R1, index));
            }

            Builder.Add(Instructions.Store(MemorySize.Word, R10, key, R1));
        }

        Lookup(map, key);
        Builder.JumpIf(JumpOperation.Equal, R0, 0, absent);
    }

    /// <summary>r0 = what the map in r0 holds for the key on the stack, or 0.</summary>
    public void LookupIn(Register map, short key) => Builder.Add(
        Instructions.Move(R1, map),
        Instructions.Move(R2, R10),
        Instructions.Alu64(AluOperation.Add, R2, key),
        Instructions.CallHelper(HelperId.MapLookupElement));

    /// <summary>Jumps to <paramref name="failed"/> unless the first bits at a place of the stack agree; with <paramref name="matched"/>, jumps there when they do and falls through otherwise.</summary>
    public void TestPrefix(AddressPrefix prefix, short at, Label? matched, Label failed)
    {
        Label mismatch = matched is null ? failed : NewLabel("mismatch");
        int words = (prefix.Length + 31) / 32;
        UInt128 address = prefix.Address << (128 - prefix.Bits);
        for (int i = 0; i < words; i++)
        {
            uint value = Swap((uint)(address >> (96 - (32 * i))));
            int bits = Math.Min(32, prefix.Length - (32 * i));
            Builder.Add(Instructions.Load(MemorySize.Word, R1, R10, (short)(at + (4 * i))));
            if (bits < 32)
            {
                Builder.Add(Instructions.Alu32(AluOperation.And, R1, (int)Swap(uint.MaxValue << (32 - bits))));
            }

            if (i == words - 1 && matched is not null)
            {
                Builder.JumpIf32(JumpOperation.Equal, R1, (int)value, matched);
            }
            else
            {
                Builder.JumpIf32(JumpOperation.NotEqual, R1, (int)value, mismatch);
            }
        }

        if (matched is not null)
        {
            Builder.Mark(mismatch);
        }
    }

    /// <summary>w1 = the bits of an address that count, or a port, as it lies in the packet.</summary>
    public void LoadField(short at, uint mask)
    {
        Builder.Add(Instructions.Load(mask == ushort.MaxValue ? MemorySize.HalfWord : MemorySize.Word, R1, R10, at));
        if (mask is not (ushort.MaxValue or uint.MaxValue))
        {
            Builder.Add(Instructions.Alu32(AluOperation.And, R1, (int)mask));
        }
    }

    /// <summary>Jumps to <paramref name="failed"/> unless the table has a bit for the port at a place of the stack.</summary>
    public void TestPortBit(int first, short at, Label failed)
    {
        Builder.Add(
            Instructions.Load(MemorySize.HalfWord, R9, R10, at),
            Instructions.ToBigEndian(R9, 16),
            Instructions.Move32(R1, R9),
            Instructions.Alu32(AluOperation.ShiftRight, R1, 5),
            Instructions.Alu32(AluOperation.Add, R1, first),
            Instructions.Store(MemorySize.Word, R10, Frame.Key, R1));
        LookupIn(R8, Frame.Key);
        Builder.JumpIf(JumpOperation.Equal, R0, 0, failed).Add(
            Instructions.Alu32(AluOperation.And, R9, 31),
            Instructions.Load(MemorySize.Word, R1, R0, 0),
            Instructions.Alu32(AluOperation.ShiftRight, R1, R9),
            Instructions.Alu32(AluOperation.And, R1, 1))
            .JumpIf32(JumpOperation.Equal, R1, 0, failed);
    }

    /// <summary>Jumps to <paramref name="failed"/> unless the port at a place of the stack is in one of the ranges.</summary>
    public void TestPorts(EquatableArray<PortRange> ranges, short at, Label failed)
    {
        Label matched = NewLabel("port");
        bool swapped = ranges.Items.Any(r => r.First != r.Last);
        Builder.Add(Instructions.Load(MemorySize.HalfWord, R1, R10, at));
        if (swapped)
        {
            Builder.Add(Instructions.ToBigEndian(R1, 16));
        }

        for (int i = 0; i < ranges.Count; i++)
        {
            PortRange range = ranges[i];
            bool last = i == ranges.Count - 1;
            if (range.First == range.Last)
            {
                int value = swapped ? range.First : BinaryPrimitives.ReverseEndianness(range.First);
                Builder.JumpIf32(last ? JumpOperation.NotEqual : JumpOperation.Equal, R1, value, last ? failed : matched);
            }
            else if (last)
            {
                JumpIfBelow(range, failed);
                if (range.Last < ushort.MaxValue)
                {
                    Builder.JumpIf32(JumpOperation.GreaterThan, R1, range.Last, failed);
                }
            }
            else
            {
                Label next = NewLabel("range");
                JumpIfBelow(range, next);
                Builder.JumpIf32(JumpOperation.LessOrEqual, R1, range.Last, matched).Mark(next);
            }
        }

        Builder.Mark(matched);

        void JumpIfBelow(PortRange range, Label target)
        {
            if (range.First > 0)
            {
                Builder.JumpIf32(JumpOperation.LessThan, R1, range.First, target);
            }
        }
    }

    /// <summary>The flags of a TCP header on the stack, with <see cref="HaveFlags"/> set; 0 for what has none.</summary>
    /// <param name="notSyn">The counter of segments that are no SYN.</param>
    public void LoadTcpFlags(int notSyn)
    {
        Label none = NewLabel("no flags");
        Label counted = NewLabel("counted");
        Builder.Add(Instructions.StoreImmediate(MemorySize.Word, R10, Frame.TcpFlags, 0));
        if (Migrates)
        {
            Label packet = NewLabel("packet");
            Builder.Add(Instructions.Load(MemorySize.Word, R1, R10, Frame.Migrating))
                .JumpIf32(JumpOperation.Equal, R1, 0, packet)
                .Add(Instructions.StoreImmediate(MemorySize.HalfWord, R10, Frame.TcpFlags, OpensNothing));
            Jump(none);
            Mark(packet);
        }

        JumpUnlessProtocol((int)TransportProtocol.Tcp, none);
        LoadFromTransport(TcpFlagsOffset, 1, Frame.TcpFlags);
        Builder.JumpIf(JumpOperation.NotEqual, R0, 0, none).Add(Instructions.StoreImmediate(MemorySize.Byte, R10, Frame.TcpFlags + 1, HaveFlags >> 8));
        JumpUnlessOpening(counted);
        Jump(none);
        Mark(counted);
        Count(notSyn);
        Mark(none);
    }

    /// <summary>Jumps to <paramref name="failed"/> unless the flags pass one of the tests.</summary>
    public void TestTcpFlags(EquatableArray<TcpFlagsTest> tests, Label failed)
    {
        Label matched = NewLabel("flags");
        for (int i = 0; i < tests.Count; i++)
        {
            bool last = i == tests.Count - 1;
            Builder.Add(
                Instructions.Load(MemorySize.HalfWord, R1, R10, Frame.TcpFlags),
                Instructions.Alu32(AluOperation.And, R1, HaveFlags | tests[i].Mask));
            Builder.JumpIf32(last ? JumpOperation.NotEqual : JumpOperation.Equal, R1, HaveFlags | tests[i].Set, last ? failed : matched);
        }

        Builder.Mark(matched);
    }

    /// <summary>Jumps to <paramref name="failed"/> unless what a helper without arguments gives is in one of the ranges.</summary>
    public void TestHelper(int helper, EquatableArray<NumberRange> ranges, Label failed)
    {
        Builder.Add(Instructions.CallHelper(helper), Instructions.Move32(R1, R0));
        TestRanges(ranges, highest: -1, failed);
    }

    /// <summary>Jumps to <paramref name="failed"/> unless the length of the payload of a datagram is in one of the ranges.</summary>
    public void TestLength(EquatableArray<NumberRange> ranges, Label failed)
    {
        Builder.Add(Instructions.Load(MemorySize.Word, R1, R6, Length));
        TestRanges(ranges.Items.Select(r => new NumberRange(r.First + UdpHeader, r.Last + UdpHeader)).ToEquatableArray(), highest: -1, failed);
    }

    /// <summary>Jumps to <paramref name="failed"/> unless the payload of a datagram passes the test; falls through or jumps to <paramref name="matched"/>.</summary>
    public void TestBytes(BytesTest test, Label matched, Label failed)
    {
        LoadFromTransport(UdpHeader + test.At, test.Length, Frame.Bytes);
        Builder.JumpIf(JumpOperation.NotEqual, R0, 0, failed);
        for (int i = 0; i < test.Values.Count; i++)
        {
            bool last = i == test.Values.Count - 1;
            Label next = last ? failed : NewLabel("next value");
            TestValue(test.Values[i], test.Mask, next);
            Jump(matched);
            if (!last)
            {
                Mark(next);
            }
        }
    }

    /// <summary>r9 = the hash of a packet's key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="seed">The seed; null when it is on the stack.</param>
    /// <param name="family">The IP version, where it is known.</param>
    /// <param name="needs">Where the words are.</param>
    public void HashFlow(HashKey key, uint? seed, IpFamily? family, PacketNeeds needs)
    {
        if ((key & (HashKey.Source | HashKey.Destination)) == HashKey.None || family is not null)
        {
            Hash([.. needs.Words(key, family ?? IpFamily.V4)], seed);
            return;
        }

        Label other = NewLabel("hash ipv6");
        Label end = NewLabel("end of hash");
        JumpUnlessIpv4(other);
        BeginHash([.. needs.Words(key, IpFamily.V4)], seed);
        Jump(end);
        Mark(other);
        BeginHash([.. needs.Words(key, IpFamily.V6)], seed);
        Mark(end);
        EndHash();
    }

    /// <summary>r9 = the hash (<see cref="FlowHash"/>) of words on the stack.</summary>
    /// <param name="words">Where the words are.</param>
    /// <param name="seed">The seed; null when it is on the stack.</param>
    public void Hash(ReadOnlySpan<(MemorySize Size, short At)> words, uint? seed)
    {
        BeginHash(words, seed);
        EndHash();
    }

    private void BeginHash(ReadOnlySpan<(MemorySize Size, short At)> words, uint? seed)
    {
        int start = (int)(FlowHash.InitialValue + ((uint)words.Length << 2) + (seed ?? 0));
        if (seed is null)
        {
            Builder.Add(Instructions.Load(MemorySize.Word, R5, R10, Frame.Seed), Instructions.Alu32(AluOperation.Add, R5, start));
        }

        Register[] state = [R1, R2, R9];
        bool started = false;
        while (true)
        {
            for (int i = 0; i < 3; i++)
            {
                bool hasWord = i < words.Length;
                if (hasWord)
                {
                    Builder.Add(Instructions.Load(words[i].Size, started ? R4 : state[i], R10, words[i].At));
                }

                if (started)
                {
                    Builder.Add(hasWord ? [Instructions.Alu32(AluOperation.Add, state[i], R4)] : []);
                }
                else if (seed is null)
                {
                    Builder.Add(hasWord ? Instructions.Alu32(AluOperation.Add, state[i], R5) : Instructions.Move32(state[i], R5));
                }
                else
                {
                    Builder.Add(hasWord ? Instructions.Alu32(AluOperation.Add, state[i], start) : Instructions.MoveImmediate32(state[i], start));
                }
            }

            started = true;
            if (words.Length <= 3)
            {
                break;
            }

            Mix(R1, R9, 4, R2);
            Mix(R2, R1, 6, R9);
            Mix(R9, R2, 8, R1);
            Mix(R1, R9, 16, R2);
            Mix(R2, R1, 19, R9);
            Mix(R9, R2, 4, R1);
            words = words[3..];
        }
    }

    // The same for every number of words.
    private void EndHash()
    {
        Final(R9, R2, 14);
        Final(R1, R9, 11);
        Final(R2, R1, 25);
        Final(R9, R2, 16);
        Final(R1, R9, 4);
        Final(R2, R1, 14);
        Final(R9, R2, 24);
    }

    public void Rehash() => Builder.Add(Instructions.Alu32(AluOperation.Multiply, R9, unchecked((int)FlowHash.RehashMultiplier)));

    /// <summary>r9 = what a helper without arguments gives.</summary>
    public void CallToHash(int helper) => Builder.Add(Instructions.CallHelper(helper), Instructions.Move32(R9, R0));

    /// <summary>r9 = the turn of a round robin on this CPU. Only what opens a flow advances it.</summary>
    /// <param name="cell">The u64 that has it.</param>
    /// <param name="hasFlags">Whether there may be segments that open none.</param>
    public void TakeTurn(int cell, bool hasFlags)
    {
        Label keep = NewLabel("keep turn");
        Builder.Add(Instructions.Load(MemorySize.DoubleWord, R9, R7, Field(cell)));
        if (hasFlags)
        {
            JumpUnlessOpening(keep);
        }

        Builder.Add(
            Instructions.Move(R1, R9),
            Instructions.Alu64(AluOperation.Add, R1, 1),
            Instructions.Store(MemorySize.DoubleWord, R7, Field(cell), R1));
        Mark(keep);
        Builder.Add(Instructions.CallHelper(HelperId.GetSmpProcessorId), Instructions.Alu32(AluOperation.Add, R9, R0));
    }

    /// <summary>Jumps for a TCP segment that is no SYN.</summary>
    public void JumpUnlessOpening(Label target)
    {
        Label opening = NewLabel("opening");
        Builder.Add(
            Instructions.Load(MemorySize.HalfWord, R1, R10, Frame.TcpFlags),
            Instructions.Alu32(AluOperation.And, R1, OpensNothing | HaveFlags | TcpFlagsTest.PureSyn.Mask));
        Builder.JumpIf32(JumpOperation.LessThan, R1, HaveFlags, opening)
            .JumpIf32(JumpOperation.NotEqual, R1, HaveFlags | TcpFlagsTest.PureSyn.Set, target)
            .Mark(opening);
    }

    /// <summary>The key on the stack = first + r9 modulo count; then r9 goes on by one, so that what is hashed next is not 0.</summary>
    public void StoreTurn(int count, int first) => Builder.Add(
        Instructions.Move32(R1, R9),
        Instructions.Alu32(AluOperation.Modulo, R1, count),
        Instructions.Alu32(AluOperation.Add, R1, first),
        Instructions.Store(MemorySize.Word, R10, Frame.Key, R1),
        Instructions.Alu32(AluOperation.Add, R9, 1));

    /// <summary>The key on the stack = first + the NUMA node modulo count, a power of two.</summary>
    public void StoreNode(int count, int first) => Builder.Add(
        Instructions.CallHelper(HelperId.GetNumaNodeId),
        Instructions.Alu32(AluOperation.And, R0, count - 1),
        Instructions.Alu32(AluOperation.Add, R0, first),
        Instructions.Store(MemorySize.Word, R10, Frame.Key, R0));

    /// <summary>The key on the stack = first + (r9 * count) >> 32.</summary>
    /// <param name="count">Number of choices.</param>
    /// <param name="first">First choice.</param>
    /// <param name="isRelative">Whether what <see cref="PassFirst"/> passed is added too.</param>
    public void StoreScaled(int count, int first, bool isRelative)
    {
        Builder.Add(
            Instructions.Move(R1, R9),
            Instructions.Alu64(AluOperation.Multiply, R1, count),
            Instructions.Alu64(AluOperation.ShiftRight, R1, 32));
        if (isRelative)
        {
            Builder.Add(Instructions.Load(MemorySize.Word, R2, R10, Frame.First), Instructions.Alu32(AluOperation.Add, R1, R2));
        }

        if (first > 0)
        {
            Builder.Add(Instructions.Alu32(AluOperation.Add, R1, first));
        }

        Builder.Add(Instructions.Store(MemorySize.Word, R10, Frame.Key, R1));
    }

    /// <summary>The key of a flow table on the stack, for which addresses and ports are there: protocol and family.</summary>
    public void StoreFlowKey() => Builder.Add(
        LoadFamily(R1),
        Instructions.Alu32(AluOperation.ShiftLeft, R1, 8),
        Instructions.Load(MemorySize.Word, R2, R6, IpProtocol),
        Instructions.Alu32(AluOperation.Or, R1, R2),
        Instructions.Store(MemorySize.Word, R10, Frame.FlowKey, R1));

    /// <summary>Keeps the load of the slot on the stack: of the first, slot and load on the stack, of the second the load in r9.</summary>
    public void LoadLoad(int map, bool isFirst, Label absent)
    {
        Lookup(map, Frame.Key);
        Builder.JumpIf(JumpOperation.Equal, R0, 0, absent);
        if (!isFirst)
        {
            Builder.Add(Instructions.Load(MemorySize.DoubleWord, R9, R0, 0));
            return;
        }

        Builder.Add(
            Instructions.Load(MemorySize.DoubleWord, R1, R0, 0),
            Instructions.Store(MemorySize.DoubleWord, R10, Frame.Value, R1),
            Instructions.Load(MemorySize.Word, R1, R10, Frame.Key),
            Instructions.Store(MemorySize.Word, R10, Frame.Value + 8, R1));
    }

    /// <summary>The key on the stack = the slot with the lower load, the first when they are equal.</summary>
    public void StoreLighter(uint stale, Label tooOld)
    {
        Label second = NewLabel("second");
        Builder.Add(
            Instructions.CallHelper(HelperId.KtimeGetNanoseconds),
            Instructions.Alu64(AluOperation.ShiftRight, R0, SlotLoad.TimeShift),
            Instructions.Load(MemorySize.DoubleWord, R1, R10, Frame.Value));
        foreach (Register load in (ReadOnlySpan<Register>)[R1, R9])
        {
            Builder.JumpIf(JumpOperation.Equal, load, 0, tooOld).Add(
                Instructions.Move(R2, load),
                Instructions.Alu64(AluOperation.ShiftRight, R2, 32),
                Instructions.Move32(R3, R0),
                Instructions.Alu32(AluOperation.Subtract, R3, R2))
                .JumpIf32(JumpOperation.GreaterThan, R3, (int)stale, tooOld);
        }

        Builder.JumpIf32(JumpOperation.GreaterThan, R1, R9, second).Add(
            Instructions.Load(MemorySize.Word, R1, R10, Frame.Value + 8),
            Instructions.Store(MemorySize.Word, R10, Frame.Key, R1)).Mark(second);
    }

    public void PassSeed(uint seed) => Builder.Add(Instructions.StoreImmediate(MemorySize.Word, R10, Frame.Seed, (int)seed));

    public void PassFirst(int first) => Builder.Add(Instructions.StoreImmediate(MemorySize.Word, R10, Frame.First, first));

    /// <summary>Passes what the lookup gave.</summary>
    public void PassFirstFromTable(Label absent) =>
        Builder.JumpIf(JumpOperation.Equal, R0, 0, absent).Add(
            Instructions.Load(MemorySize.Word, R1, R0, 0),
            Instructions.Store(MemorySize.Word, R10, Frame.First, R1));

    /// <summary>So many candidates may still be tried. By a register: before 6.3 the verifier does not follow a number that is stored without one.</summary>
    public void StoreLeft(int candidates) => Builder.Add(Instructions.MoveImmediate(R1, candidates), Instructions.Store(MemorySize.DoubleWord, R10, Frame.Left, R1));

    /// <summary>Jumps while candidates are left, of which one fewer is then.</summary>
    public void JumpWhileLeft(Label again) =>
        Builder.Add(
            Instructions.Load(MemorySize.DoubleWord, R1, R10, Frame.Left),
            Instructions.Alu64(AluOperation.Add, R1, -1),
            Instructions.Store(MemorySize.DoubleWord, R10, Frame.Left, R1))
            .JumpIf(JumpOperation.NotEqual, R1, 0, again);

    public void StoreSlot(int slot) => Builder.Add(Instructions.StoreImmediate(MemorySize.Word, R10, Frame.Key, slot));

    /// <summary>The key on the stack = the table's slot for it. The table is in r8.</summary>
    public void StoreFromTable(Label absent, Label none)
    {
        LookupIn(R8, Frame.Key);
        Builder.JumpIf(JumpOperation.Equal, R0, 0, absent)
            .Add(Instructions.Load(MemorySize.Word, R1, R0, 0))
            .JumpIf32(JumpOperation.Equal, R1, SlotTables.None, none)
            .Add(Instructions.Store(MemorySize.Word, R10, Frame.Key, R1));
    }

    public void KeepTable() => Builder.Add(Instructions.Move(R8, R0));

    /// <summary>Selects the seat whose slot is on the stack.</summary>
    public void Select(int seats, Label selected)
    {
        Builder.Add(
            Instructions.Move(R1, R6),
            Instructions.LoadMap(R2, seats),
            Instructions.Move(R3, R10),
            Instructions.Alu64(AluOperation.Add, R3, Frame.Key),
            Instructions.MoveImmediate(R4, 0),
            Instructions.CallHelper(HelperId.SkSelectReuseport));
        Builder.JumpIf(JumpOperation.Equal, R0, 0, selected);
        if (Samples)
        {
            Builder.Add(Instructions.Store(MemorySize.HalfWord, R10, Frame.Sample + DecisionSample.ErrorAt, R0));
        }
    }

    /// <summary>Counts for the slot on the stack.</summary>
    public void CountSlot(int map, Label absent)
    {
        Lookup(map, Frame.Key);
        Builder.JumpIf(JumpOperation.Equal, R0, 0, absent).Add(
            Instructions.Load(MemorySize.DoubleWord, R1, R0, 0),
            Instructions.Alu64(AluOperation.Add, R1, 1),
            Instructions.Store(MemorySize.DoubleWord, R0, 0, R1));
    }

    /// <summary>Makes the program refer to a map that it does not use.</summary>
    public void Refer(int map) => Builder.Add(Instructions.LoadMap(R1, map));

    /// <summary>SK_PASS is 1; every other value drops.</summary>
    public void Return(bool pass) => Builder.Add(Instructions.MoveImmediate32(R0, pass ? 1 : 0), Instructions.Exit());

    internal static uint Swap(uint value) => BinaryPrimitives.ReverseEndianness(value);

    private static short Field(int field) => (short)(field * sizeof(ulong));

    /// <summary>r0 = 0 and the bytes on the stack, or r0 = an error: they are not all there.</summary>
    public void LoadFromTransport(int offset, int size, short to) => Builder.Add(
        Instructions.Move(R1, R6),
        Instructions.MoveImmediate(R2, offset),
        Instructions.Move(R3, R10),
        Instructions.Alu64(AluOperation.Add, R3, to),
        Instructions.MoveImmediate(R4, size),
        Instructions.CallHelper(HelperId.SkbLoadBytes));

    private void TestValue(ByteString value, ByteString mask, Label failed)
    {
        for (int at = 0; at < value.Length;)
        {
            int size = value.Length - at >= 4 ? 4 : value.Length - at >= 2 ? 2 : 1;
            uint wanted = Part(value, at, size);
            uint bits = Part(mask, at, size);
            Builder.Add(Instructions.Load(size == 4 ? MemorySize.Word : size == 2 ? MemorySize.HalfWord : MemorySize.Byte, R1, R10, (short)(Frame.Bytes + at)));
            if (bits != uint.MaxValue >> (32 - (8 * size)))
            {
                Builder.Add(Instructions.Alu32(AluOperation.And, R1, (int)bits));
            }

            Builder.JumpIf32(JumpOperation.NotEqual, R1, (int)wanted, failed);
            at += size;
        }

        static uint Part(ByteString bytes, int at, int size)
        {
            uint part = 0;
            for (int i = 0; i < size; i++)
            {
                part |= (uint)bytes[at + i] << (8 * i);
            }

            return part;
        }
    }

    /// <summary>Jumps to <paramref name="failed"/> unless w1 is in one of the ranges.</summary>
    /// <param name="ranges">The ranges.</param>
    /// <param name="highest">The highest value that w1 can have; -1 when that is not known.</param>
    /// <param name="failed">Where to go otherwise.</param>
    private void TestRanges(EquatableArray<NumberRange> ranges, int highest, Label failed)
    {
        Label matched = NewLabel("in range");
        for (int i = 0; i < ranges.Count; i++)
        {
            NumberRange range = ranges[i];
            bool last = i == ranges.Count - 1;
            if (range.First == range.Last)
            {
                Builder.JumpIf32(last ? JumpOperation.NotEqual : JumpOperation.Equal, R1, range.First, last ? failed : matched);
                continue;
            }

            Label next = last ? failed : NewLabel("range");
            if (range.First > 0)
            {
                Builder.JumpIf32(JumpOperation.LessThan, R1, range.First, next);
            }

            if (last && range.Last != highest)
            {
                Builder.JumpIf32(JumpOperation.GreaterThan, R1, range.Last, failed);
            }
            else if (!last)
            {
                Builder.JumpIf32(JumpOperation.LessOrEqual, R1, range.Last, matched).Mark(next);
            }
        }

        Builder.Mark(matched);
    }

    private void JumpOnFamily(JumpOperation operation, Label target) =>
        Builder.Add(LoadFamily(R0)).JumpIf32(operation, R0, EthIpv4, target);

    private Instruction LoadFamily(Register register) =>
        Migrates ? Instructions.Load(MemorySize.Word, register, R10, Frame.Family) : Instructions.Load(MemorySize.Word, register, R6, EthProtocol);

    private void Lookup(int map, short key) => Builder.Add(
        Instructions.LoadMap(R1, map),
        Instructions.Move(R2, R10),
        Instructions.Alu64(AluOperation.Add, R2, key),
        Instructions.CallHelper(HelperId.MapLookupElement));

    // lookup3: x -= y; x ^= rot(y, k); y += z.
    private void Mix(Register x, Register y, int k, Register z)
    {
        Builder.Add(Instructions.Alu32(AluOperation.Subtract, x, y));
        Rotate(y, k);
        Builder.Add(Instructions.Alu32(AluOperation.Xor, x, R4), Instructions.Alu32(AluOperation.Add, y, z));
    }

    // lookup3: x ^= y; x -= rot(y, k).
    private void Final(Register x, Register y, int k)
    {
        Builder.Add(Instructions.Alu32(AluOperation.Xor, x, y));
        Rotate(y, k);
        Builder.Add(Instructions.Alu32(AluOperation.Subtract, x, R4));
    }

    // r4 = y rotated left by k.
    private void Rotate(Register y, int k) => Builder.Add(
        Instructions.Move32(R4, y),
        Instructions.Alu32(AluOperation.ShiftLeft, R4, k),
        Instructions.Move32(R5, y),
        Instructions.Alu32(AluOperation.ShiftRight, R5, 32 - k),
        Instructions.Alu32(AluOperation.Or, R4, R5));

    /// <summary>Where things are on the stack, from r10.</summary>
    public static class Frame
    {
        /// <summary>u32: seed, for code that several actions share.</summary>
        public const short Seed = -4;

        /// <summary>u32: key of the next lookup; after a selection the slot.</summary>
        public const short Key = -8;

        /// <summary>u32: the bank of this packet.</summary>
        public const short Bank = -12;

        /// <summary>u32: both ports as they are in the packet.</summary>
        public const short Ports = -16;

        /// <summary>32 bytes: source address, and the destination address after it. The 8 bytes before make a trie's key of the source.</summary>
        public const short Source = -48;

        /// <summary>40 bytes: protocol and family in the place of the end of a trie's key, addresses, ports.</summary>
        public const short FlowKey = -52;

        /// <summary>16 bytes: the destination address where it is looked up in tries. The 8 bytes before make the key.</summary>
        public const short DestinationKey = -72;

        /// <summary>u32: first entry of the table, for code that several actions share; or another key.</summary>
        public const short First = -84;

        /// <summary>u32: the flags of a TCP header.</summary>
        public const short TcpFlags = -88;

        /// <summary>8 bytes: a part of the payload.</summary>
        public const short Bytes = -96;

        /// <summary>16 bytes: what is put into a flow table; or a slot and its load.</summary>
        public const short Value = -112;

        /// <summary>64 bytes: a decision that is reported, the key of the flow at its end. Nothing in it but the flow is needed any more when a rule has matched.</summary>
        public const short Sample = -76;

        /// <summary>u32: ETH_P_IP or ETH_P_IPV6 as the context has it, also where there is no packet.</summary>
        public const short Family = -148;

        /// <summary>u32: 1 for a connection whose listener stopped.</summary>
        public const short Migrating = -152;

        /// <summary>u64: candidates that may still be tried. The verifier follows a number only where it fills an aligned place.</summary>
        public const short Left = -160;

        /// <summary>24 bytes: a connection id. The 8 bytes before make a trie's key.</summary>
        public const short Id = -136;
    }
}
