using ReuseportPS.Contract;

namespace ReuseportPS.Simulator.Tests.Contract;

// The contract, here. Each class is one part of it in one world; the cases are in tests/Contract.

public sealed class SimulatorSocketContract(SimulatorWorld world) : SocketContract<SimulatorWorld>(world);

public sealed class SimulatorMembershipContract(SimulatorWorld world) : MembershipContract<SimulatorWorld>(world);

public sealed class SimulatorSockArrayContract(SimulatorWorld world) : SockArrayContract<SimulatorWorld>(world);

public sealed class SimulatorMapContract(SimulatorWorld world) : MapContract<SimulatorWorld>(world);

public sealed class SimulatorSpecialMapContract(SimulatorWorld world) : SpecialMapContract<SimulatorWorld>(world);

public sealed class SimulatorProgramContract(SimulatorWorld world) : ProgramContract<SimulatorWorld>(world);

public sealed class SimulatorSelectionContract(SimulatorWorld world) : SelectionContract<SimulatorWorld>(world);

public sealed class SimulatorContextContract(SimulatorWorld world) : ContextContract<SimulatorWorld>(world);

public sealed class SimulatorClassicContract(SimulatorWorld world) : ClassicContract<SimulatorWorld>(world);

public sealed class SimulatorPinContract(SimulatorWorld world) : PinContract<SimulatorWorld>(world);

public sealed class SimulatorGroupContract(SimulatorWorld world) : GroupContract<SimulatorWorld>(world);

public sealed class SimulatorAdoptionContract(SimulatorWorld world) : AdoptionContract<SimulatorWorld>(world);

public sealed class SimulatorSynchronizationContract(SimulatorWorld world) : SynchronizationContract<SimulatorWorld>(world);

public sealed class SimulatorLostPinsContract(SimulatorWorld world) : LostPinsContract<SimulatorWorld>(world);

public sealed class SimulatorSlotContract(SimulatorWorld world) : SlotContract<SimulatorWorld>(world);

public sealed class SimulatorLivePreviewContract(SimulatorWorld world) : LivePreviewContract<SimulatorWorld>(world);

public sealed class SimulatorMemberContract(SimulatorWorld world) : MemberContract<SimulatorWorld>(world);

public sealed class SimulatorGroupProgramContract(SimulatorWorld world) : GroupProgramContract<SimulatorWorld>(world);

public sealed class SimulatorFailureContract(SimulatorWorld world) : FailureContract<SimulatorWorld>(world);

public sealed class SimulatorConfirmContract(SimulatorWorld world) : ConfirmContract<SimulatorWorld>(world);

public sealed class SimulatorRestoreContract(SimulatorWorld world) : RestoreContract<SimulatorWorld>(world);

public sealed class SimulatorPolicyContract(SimulatorWorld world) : PolicyContract<SimulatorWorld>(world);

public sealed class SimulatorHealthContract(SimulatorWorld world) : HealthContract<SimulatorWorld>(world);

public sealed class EveryContract
{
    [Fact]
    public void Every_part_runs_in_every_world() => EveryWorld.RunsEveryPart(typeof(EveryContract).Assembly);
}
