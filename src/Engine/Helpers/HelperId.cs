namespace ReuseportPS.Engine.Helpers;

/// <summary>Numbers of the helpers that code here refers to (<c>___BPF_FUNC_MAPPER</c> of the kernel's bpf.h).</summary>
public static class HelperId
{
#pragma warning disable CS1591 // The kernel's names are the documentation: bpf-helpers(7).
    public const int MapLookupElement = 1;
    public const int MapUpdateElement = 2;
    public const int MapDeleteElement = 3;
    public const int KtimeGetNanoseconds = 5;
    public const int GetPrandomU32 = 7;
    public const int GetSmpProcessorId = 8;
    public const int TailCall = 12;
    public const int GetCurrentPidTgid = 14;
    public const int GetCurrentUidGid = 15;
    public const int GetCgroupClassId = 17;
    public const int SkbLoadBytes = 26;
    public const int GetNumaNodeId = 42;
    public const int GetSocketCookie = 46;
    public const int SkbLoadBytesRelative = 68;
    public const int GetCurrentCgroupId = 80;
    public const int SkSelectReuseport = 82;
    public const int MapPushElement = 87;
    public const int MapPopElement = 88;
    public const int MapPeekElement = 89;
    public const int SpinLock = 93;
    public const int SpinUnlock = 94;
    public const int StringToLong = 105;
    public const int StringToUnsignedLong = 106;
    public const int Jiffies64 = 118;
    public const int GetNamespaceCurrentPidTgid = 120;
    public const int GetCurrentAncestorCgroupId = 123;
    public const int KtimeGetBootNanoseconds = 125;
    public const int RingBufferOutput = 130;
    public const int RingBufferReserve = 131;
    public const int RingBufferSubmit = 132;
    public const int RingBufferDiscard = 133;
    public const int RingBufferQuery = 134;
    public const int KtimeGetCoarseNanoseconds = 160;
    public const int ForEachMapElement = 164;
    public const int Loop = 181;
    public const int StringCompare = 182;
    public const int MapLookupPerCpuElement = 195;
    public const int DynptrFromMemory = 197;
    public const int RingBufferReserveDynptr = 198;
    public const int RingBufferSubmitDynptr = 199;
    public const int RingBufferDiscardDynptr = 200;
    public const int DynptrRead = 201;
    public const int DynptrWrite = 202;
    public const int DynptrData = 203;
    public const int KtimeGetTaiNanoseconds = 208;
#pragma warning restore CS1591
}
