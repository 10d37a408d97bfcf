using ReuseportPS.Contract;

namespace ReuseportPS.Simulator.Tests.Contract;

// The parts of the contract about connections, and about what else reaches sockets; see SimulatorContract.

public sealed class SimulatorMigrationContract(SimulatorWorld world) : MigrationContract<SimulatorWorld>(world);

public sealed class SimulatorHandshakeContract(SimulatorWorld world) : HandshakeContract<SimulatorWorld>(world);

public sealed class SimulatorSocketMapContract(SimulatorWorld world) : SocketMapContract<SimulatorWorld>(world);

public sealed class SimulatorCpuContract(SimulatorWorld world) : CpuContract<SimulatorWorld>(world);

public sealed class SimulatorDeliveryContract(SimulatorWorld world) : DeliveryContract<SimulatorWorld>(world);

public sealed class SimulatorTrainContract(SimulatorWorld world) : TrainContract<SimulatorWorld>(world);

public sealed class SimulatorLimitContract(SimulatorWorld world) : LimitContract<SimulatorWorld>(world);

public sealed class SimulatorTimerContract(SimulatorWorld world) : TimerContract<SimulatorWorld>(world);

public sealed class SimulatorFastOpenContract(SimulatorWorld world) : FastOpenContract<SimulatorWorld>(world);
