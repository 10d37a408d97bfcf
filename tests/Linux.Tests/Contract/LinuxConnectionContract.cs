using ReuseportPS.Contract;

namespace ReuseportPS.Linux.Tests.Contract;

// The parts of the contract about connections, and about what else reaches sockets; see LinuxContract.

public sealed class LoopbackMigrationContract(LoopbackWorld world) : MigrationContract<LoopbackWorld>(world);

public sealed class VethMigrationContract(VethWorld world) : MigrationContract<VethWorld>(world);

public sealed class LoopbackHandshakeContract(LoopbackWorld world) : HandshakeContract<LoopbackWorld>(world);

public sealed class VethHandshakeContract(VethWorld world) : HandshakeContract<VethWorld>(world);

public sealed class LoopbackSocketMapContract(LoopbackWorld world) : SocketMapContract<LoopbackWorld>(world);

public sealed class VethSocketMapContract(VethWorld world) : SocketMapContract<VethWorld>(world);

public sealed class LoopbackCpuContract(LoopbackWorld world) : CpuContract<LoopbackWorld>(world);

public sealed class VethCpuContract(VethWorld world) : CpuContract<VethWorld>(world);

public sealed class LoopbackDeliveryContract(LoopbackWorld world) : DeliveryContract<LoopbackWorld>(world);

public sealed class VethDeliveryContract(VethWorld world) : DeliveryContract<VethWorld>(world);

public sealed class LoopbackTrainContract(LoopbackWorld world) : TrainContract<LoopbackWorld>(world);

public sealed class VethTrainContract(VethWorld world) : TrainContract<VethWorld>(world);

public sealed class LoopbackLimitContract(LoopbackWorld world) : LimitContract<LoopbackWorld>(world);

public sealed class VethLimitContract(VethWorld world) : LimitContract<VethWorld>(world);

public sealed class LoopbackTimerContract(LoopbackWorld world) : TimerContract<LoopbackWorld>(world);

public sealed class VethTimerContract(VethWorld world) : TimerContract<VethWorld>(world);

public sealed class LoopbackFastOpenContract(LoopbackWorld world) : FastOpenContract<LoopbackWorld>(world);

public sealed class VethFastOpenContract(VethWorld world) : FastOpenContract<VethWorld>(world);
