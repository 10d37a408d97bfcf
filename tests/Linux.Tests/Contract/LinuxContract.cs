using ReuseportPS.Contract;

namespace ReuseportPS.Linux.Tests.Contract;

// The contract, here. Each class is one part of it in one world; the cases are in tests/Contract.

public sealed class LoopbackSocketContract(LoopbackWorld world) : SocketContract<LoopbackWorld>(world);

public sealed class LoopbackMembershipContract(LoopbackWorld world) : MembershipContract<LoopbackWorld>(world);

public sealed class LoopbackSockArrayContract(LoopbackWorld world) : SockArrayContract<LoopbackWorld>(world);

public sealed class LoopbackMapContract(LoopbackWorld world) : MapContract<LoopbackWorld>(world);

public sealed class LoopbackSpecialMapContract(LoopbackWorld world) : SpecialMapContract<LoopbackWorld>(world);

public sealed class LoopbackProgramContract(LoopbackWorld world) : ProgramContract<LoopbackWorld>(world);

public sealed class LoopbackSelectionContract(LoopbackWorld world) : SelectionContract<LoopbackWorld>(world);

public sealed class LoopbackContextContract(LoopbackWorld world) : ContextContract<LoopbackWorld>(world);

public sealed class LoopbackClassicContract(LoopbackWorld world) : ClassicContract<LoopbackWorld>(world);

public sealed class LoopbackPinContract(LoopbackWorld world) : PinContract<LoopbackWorld>(world);

public sealed class LoopbackGroupContract(LoopbackWorld world) : GroupContract<LoopbackWorld>(world);

public sealed class LoopbackAdoptionContract(LoopbackWorld world) : AdoptionContract<LoopbackWorld>(world);

public sealed class LoopbackSynchronizationContract(LoopbackWorld world) : SynchronizationContract<LoopbackWorld>(world);

public sealed class LoopbackLostPinsContract(LoopbackWorld world) : LostPinsContract<LoopbackWorld>(world);

public sealed class LoopbackSlotContract(LoopbackWorld world) : SlotContract<LoopbackWorld>(world);

public sealed class LoopbackLivePreviewContract(LoopbackWorld world) : LivePreviewContract<LoopbackWorld>(world);

public sealed class LoopbackMemberContract(LoopbackWorld world) : MemberContract<LoopbackWorld>(world);

public sealed class LoopbackGroupProgramContract(LoopbackWorld world) : GroupProgramContract<LoopbackWorld>(world);

public sealed class LoopbackFailureContract(LoopbackWorld world) : FailureContract<LoopbackWorld>(world);

public sealed class LoopbackConfirmContract(LoopbackWorld world) : ConfirmContract<LoopbackWorld>(world);

public sealed class LoopbackRestoreContract(LoopbackWorld world) : RestoreContract<LoopbackWorld>(world);

public sealed class LoopbackPolicyContract(LoopbackWorld world) : PolicyContract<LoopbackWorld>(world);

public sealed class LoopbackHealthContract(LoopbackWorld world) : HealthContract<LoopbackWorld>(world);

public sealed class VethSocketContract(VethWorld world) : SocketContract<VethWorld>(world);

public sealed class VethMembershipContract(VethWorld world) : MembershipContract<VethWorld>(world);

public sealed class VethSockArrayContract(VethWorld world) : SockArrayContract<VethWorld>(world);

public sealed class VethMapContract(VethWorld world) : MapContract<VethWorld>(world);

public sealed class VethSpecialMapContract(VethWorld world) : SpecialMapContract<VethWorld>(world);

public sealed class VethProgramContract(VethWorld world) : ProgramContract<VethWorld>(world);

public sealed class VethSelectionContract(VethWorld world) : SelectionContract<VethWorld>(world);

public sealed class VethContextContract(VethWorld world) : ContextContract<VethWorld>(world);

public sealed class VethClassicContract(VethWorld world) : ClassicContract<VethWorld>(world);

public sealed class VethPinContract(VethWorld world) : PinContract<VethWorld>(world);

public sealed class VethGroupContract(VethWorld world) : GroupContract<VethWorld>(world);

public sealed class VethAdoptionContract(VethWorld world) : AdoptionContract<VethWorld>(world);

public sealed class VethSynchronizationContract(VethWorld world) : SynchronizationContract<VethWorld>(world);

public sealed class VethLostPinsContract(VethWorld world) : LostPinsContract<VethWorld>(world);

public sealed class VethSlotContract(VethWorld world) : SlotContract<VethWorld>(world);

public sealed class VethLivePreviewContract(VethWorld world) : LivePreviewContract<VethWorld>(world);

public sealed class VethMemberContract(VethWorld world) : MemberContract<VethWorld>(world);

public sealed class VethGroupProgramContract(VethWorld world) : GroupProgramContract<VethWorld>(world);

public sealed class VethFailureContract(VethWorld world) : FailureContract<VethWorld>(world);

public sealed class VethConfirmContract(VethWorld world) : ConfirmContract<VethWorld>(world);

public sealed class VethRestoreContract(VethWorld world) : RestoreContract<VethWorld>(world);

public sealed class VethPolicyContract(VethWorld world) : PolicyContract<VethWorld>(world);

public sealed class VethHealthContract(VethWorld world) : HealthContract<VethWorld>(world);

public sealed class EveryContract
{
    [Fact]
    public void Every_part_runs_in_every_world() => EveryWorld.RunsEveryPart(typeof(EveryContract).Assembly);
}
