BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $objects = "$PSScriptRoot/../Engine.Tests/Elf/objects"
    $stages = Import-SteeringProgram $objects/tail_calls.o -Name by_protocol
    Set-Content TestDrive:/first.ddd "2`n48 0 0 0`n22 0 0 0"
    $trace = New-PacketTrace 50 -PacketsPerFlow 2 -Seed 3
}

Describe 'Invoke-SteeringProgram' {
    It 'runs an object file over a trace and gives one object for each packet' {
        $runs = $trace | Invoke-SteeringProgram $objects/hash_select.o -SlotCount 4
        $runs | Should -HaveCount 100
        $runs.Index | Should -Be @(0..99)
        ($runs.Slot | Select-Object -Unique).Count | Should -Be 4
        $runs.Reason | Should -Contain 'selected index 3'
    }

    It 'gives the same outcomes by <Engine>' -ForEach @{ Engine = 'Interpreter' }, @{ Engine = 'Compiled' } {
        $expected = $trace | Invoke-SteeringProgram $objects/hash_select.o -SlotCount 4 -Seed 9
        $runs = $trace | Invoke-SteeringProgram $objects/hash_select.o -SlotCount 4 -Seed 9 -Engine $Engine
        $runs.Slot | Should -Be $expected.Slot
        $runs.InstructionCount | Should -Be $expected.InstructionCount
    }

    It 'follows tail calls, and says why a selection failed' {
        (Invoke-SteeringProgram $stages -SlotCount 8 -Source 10.0.0.1).Slot | Should -Be 1
        (Invoke-SteeringProgram $stages -SlotCount 8 -Source 10.0.0.1 -Protocol Tcp).Slot | Should -Be 6
        $run = Invoke-SteeringProgram $stages -SlotCount 4 -Source 10.0.0.1 -Protocol Tcp
        "$($run.Verdict) $($run.Errno)" | Should -BeExactly 'Reject ENOENT'
        $run.Slot | Should -BeNullOrEmpty
        $run.Reason | Should -BeExactly 'index 6: ENOENT, then returned 0'
    }

    It 'records steps with registers, memory, helpers and source' {
        $run = Invoke-SteeringProgram $stages -SlotCount 4 -Source 10.0.0.1 -Detailed
        $run.Step | Should -HaveCount $run.InstructionCount
        ($run.Step | Where-Object TailCall).TailCall | Should -BeExactly 'on_udp'
        $call = $run.Step | Where-Object Instruction -Like '*sk_select_reuseport*'
        $call.Call.Result | Should -Be 0
        $call.Effect | Should -BeLike "*on 'sockets' key 01000000*"
        $store = $run.Step | Where-Object Effect -Like 'stack frame 0*'
        $store.Memory[0].Region | Should -BeExactly 'stack frame 0'
        "$($store.Source)" | Should -BeExactly '__u32 slot = 1; @ tail_calls.c:32'
        $run.IsStepComplete | Should -BeTrue
        (Invoke-SteeringProgram $stages -SlotCount 4 -Source 10.0.0.1).Step | Should -HaveCount 0
    }

    It 'tells a fault with its instruction' {
        $run = ConvertFrom-BpfAssembly "r0 = 1`nr0 = *(u64 *)(r1 + 300)`nexit" | ForEach-Object { Invoke-SteeringProgram $_ -SlotCount 2 -Source ::1 }
        $run.Verdict | Should -Be 'Fault'
        $run.Fault.Instruction | Should -Be 1
        $run.InstructionCount | Should -Be 2
        $run.Reason | Should -BeLike 'instruction 1: *outside the context*'
    }

    It 'names the line of the source that faults' {
        $program = Import-SteeringProgram $objects/hash_select.o
        $run = Invoke-SteeringProgram $program -SlotCount 4 -Source 10.0.0.1 -Detailed
        "$($run.Step[0].Source)" | Should -Match 'hash_select\.c:\d+$'
    }

    It 'takes a packet from <What>' -ForEach @(
        @{ What = 'the IP header'; Bytes = '45 00 00 1d 0000 0000 40 11 0000 0a000001 c0000201 9c40 0035 0009 0000 02' }
        @{ What = 'the Ethernet header'; Bytes = '020000000001 020000000002 0800 4500001d 0000 0000 40 11 0000 0a000001 c0000201 9c40 0035 0009 0000 02' }
    ) {
        $run = Invoke-SteeringProgram TestDrive:/first.ddd -SlotCount 4 -Packet $Bytes
        "$($run.Flow)" | Should -BeExactly 'udp 10.0.0.1:40000 -> 192.0.2.1:53'
        $run.Slot | Should -Be 2
    }

    It 'runs classic programs by index' {
        $run = Invoke-SteeringProgram TestDrive:/first.ddd -SlotCount 4 -Source 10.0.0.1 -Payload 02
        "$($run.Verdict) $($run.Slot)" | Should -BeExactly 'Slot 2'
        $run = Invoke-SteeringProgram TestDrive:/first.ddd -SlotCount 4 -Source 10.0.0.1 -Payload (, [byte]7)
        "$($run.Verdict) $($run.Reason)" | Should -BeExactly 'Kernel index 7, and there are 4 members'
    }

    It 'runs a policy with its data' {
        Set-Content TestDrive:/weighted.yaml "version: 1`npolicy: weighted`notherwise: { by: weighted, weights: { 2: 1 } }"
        (Invoke-SteeringProgram TestDrive:/weighted.yaml $trace -SlotCount 4).Slot | Select-Object -Unique | Should -Be 2
        $policy = Import-SteeringPolicy TestDrive:/weighted.yaml
        (Invoke-SteeringProgram $policy -SlotCount 4 -Source 10.0.0.1).Slot | Should -Be 2
    }

    It 'fills maps and variables' {
        $all = @{ table = 5, 5, 5, 5, 5, 5, 5, 5 }
        (Invoke-SteeringProgram $objects/globals.o -SlotCount 8 -Source 10.0.0.1 -Map @{ '.rodata' = $all }).Slot | Should -Be 5
        (Invoke-SteeringProgram $objects/globals.o -SlotCount 8 -Source 10.0.0.1 -Map @{ '.rodata.limits' = @{ mask = 0 } }).Slot | Should -Be 7
        $program = ConvertFrom-BpfAssembly @(
            '.map routes hash key=4 value=8 entries=4', 'r1 = 0x0100000a ll', '*(u32 *)(r10 - 4) = r1', 'r2 = r10', 'r2 += -4',
            'r1 = map[routes] ll', 'call bpf_map_lookup_elem', 'if r0 == 0 goto +1', 'r0 = *(u64 *)(r0 + 0)', 'exit')
        (Invoke-SteeringProgram $program -SlotCount 2 -Source 10.0.0.1 -Map @{ routes = @{ '10.0.0.1' = -2 } }).ReturnValue | Should -Be ([ulong]::MaxValue - 1)
        (Invoke-SteeringProgram $program -SlotCount 2 -Source 10.0.0.1 -Map @{ routes = @{ '0a 00 00 01' = '01 00 00 00 00 00 00 00' } }).Verdict | Should -Be 'Kernel'
    }

    It 'refuses map contents: <Text>' -ForEach @(
        @{ Map = @{ nothing = 1 }; Text = '*no map ''nothing''*' }
        @{ Map = @{ sockets = 1 }; Text = '*takes no contents*' }
        @{ Map = @{ '.rodata' = @{ tables = 1 } }; Text = '*its variables: ''table''*' }
        @{ Map = @{ '.rodata' = @{ table = 1, 2, 3 } }; Text = '*does not fit the 8 bytes*' }
        @{ Map = @{ '.rodata.limits' = @{ mask = 4294967296 } }; Text = '*does not fit the 4 bytes*' }
    ) {
        $failure = $null
        Invoke-SteeringProgram $objects/globals.o -SlotCount 4 -Source 10.0.0.1 -Map $Map -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -BeLike 'MapContentsInvalid,*'
        $failure[0].ErrorDetails.Message | Should -BeLike $Text
    }

    It 'sets CPU, clock and seed' {
        $cpu = ConvertFrom-BpfAssembly "call bpf_get_smp_processor_id`nexit"
        (Invoke-SteeringProgram $cpu -SlotCount 2 -Source 10.0.0.1 -Cpu 70).ReturnValue | Should -Be 70
        $clock = ConvertFrom-BpfAssembly "call bpf_ktime_get_ns`nexit"
        (Invoke-SteeringProgram $clock -SlotCount 2 -Source 10.0.0.1 -Time 1234567890123).ReturnValue | Should -Be 1234567890123
        $random = ConvertFrom-BpfAssembly "call bpf_get_prandom_u32`nexit"
        $first, $second, $other = 5, 5, 6 | ForEach-Object { (Invoke-SteeringProgram $random -SlotCount 2 -Source 10.0.0.1 -Seed $_).ReturnValue }
        $second | Should -Be $first
        $other | Should -Not -Be $first
    }

    It 'refuses <What> as <Id>' -ForEach @(
        @{ What = 'a file of several programs'; Arguments = @{ Program = 'tail_calls.o'; Source = '10.0.0.1' }; Id = 'ProgramInvalid,*' }
        @{ What = 'no program'; Arguments = @{ Program = 42; Source = '10.0.0.1' }; Id = 'ProgramInvalid,*' }
        @{ What = 'a file that is not there'; Arguments = @{ Program = 'nothing.o'; Source = '10.0.0.1' }; Id = 'FileNotFound,*' }
        @{ What = 'a seat map that is not there'; Arguments = @{ Program = 'hash_select.o'; Source = '10.0.0.1'; SeatMap = 'seats' }; Id = 'SeatMapNotKnown,*' }
        @{ What = 'half a packet'; Arguments = @{ Program = 'hash_select.o'; Packet = '45 00 00 1d' }; Id = 'TraceInvalid,*' }
        @{ What = 'half a byte'; Arguments = @{ Program = 'hash_select.o'; Packet = '450' }; Id = 'ParameterArgumentTransformationError,*' }
        @{ What = 'a SYN with a payload'; Arguments = @{ Program = 'hash_select.o'; Source = '10.0.0.1'; Protocol = 'Tcp'; Payload = '01' }; Id = 'TraceInvalid,*' }
        @{ What = 'two families'; Arguments = @{ Program = 'hash_select.o'; Source = '10.0.0.1'; Destination = '::1' }; Id = 'TraceInvalid,*' }
    ) {
        if ($Arguments.Program -like '*.o') {
            $Arguments.Program = "$objects/$($Arguments.Program)"
        }
        { Invoke-SteeringProgram @Arguments -SlotCount 4 -ErrorAction Stop } | Should -Throw -ErrorId $Id
    }

    It 'stops where the next command has enough' {
        ($trace | Invoke-SteeringProgram $objects/hash_select.o -SlotCount 4 | Select-Object -First 3) | Should -HaveCount 3
    }
}
