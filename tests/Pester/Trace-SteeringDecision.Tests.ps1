BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/rules.yaml @(
        'version: 1'
        'policy: rules'
        'rules:'
        '  - name: office'
        '    when: { source: 10.0.0.0/8, destination-port: 53 }'
        '    steer: { by: slot, slot: 2 }'
        '  - when: { family: ipv6 }'
        '    reject: true'
        'otherwise: { by: hash }'
    )
}

Describe 'Trace-SteeringDecision' {
    It 'names the rule that matched, its line and what it saw' {
        $decision = Trace-SteeringDecision TestDrive:/rules.yaml -Source 10.1.2.3 -DestinationPort 53 -SlotCount 4
        $decision.Rule | Should -Be 'office'
        $decision.Slot | Should -Be 2
        $decision.Place.Line | Should -Be 4
        $decision.Value.Count | Should -Be 2
        ($decision.Value | Where-Object Condition -EQ 'source').Seen | Should -Be '10.1.2.3'
        ($decision.Value | Where-Object Condition -EQ 'destination-port').Wanted | Should -Be '53'
        $decision.Reason | Should -Be "rule 'office' matched (line 4): slot 2"
    }

    It 'shows why a rule did not match' {
        $decision = Trace-SteeringDecision TestDrive:/rules.yaml -Source 10.1.2.3 -DestinationPort 443 -Protocol Tcp -SlotCount 4
        $decision.Rule | Should -BeNullOrEmpty
        $decision.Place.Line | Should -Be 9
        @($decision.Value | Where-Object Holds).Count | Should -Be 1
        @($decision.Value | Where-Object { -not $_.Holds }).Condition | Should -Be @('destination-port', 'family')
    }

    It 'tells a rejection' {
        (Trace-SteeringDecision TestDrive:/rules.yaml -Source 2001:db8::9 -SlotCount 4).Verdict | Should -Be 'Reject'
    }

    It 'tells every instruction in words, under the part of the policy' {
        $decision = Trace-SteeringDecision TestDrive:/rules.yaml -Source 10.1.2.3 -DestinationPort 53 -SlotCount 4 -Detailed
        $decision.Step.Count | Should -Be $decision.InstructionCount
        @($decision.Step | Where-Object { $_.Words -eq '' }).Count | Should -Be 0
        $rule = $decision.Step | Where-Object Part -EQ "rule 1 'office'" | Select-Object -First 1
        $rule.Place.Line | Should -Be 4
        ($decision.Step | Where-Object { $_.Words -like 'calls bpf_sk_select_reuseport' }).Count | Should -Be 1
        ($decision | Out-String) | Should -Match 'ends with r0 = 1'
    }

    It 'takes a packet as hexadecimal text, and those of a trace' {
        $hex = '4500002100010000401100000a010203c000020115b30035000d000068656c6c6f'
        (Trace-SteeringDecision TestDrive:/rules.yaml -Packet $hex -SlotCount 4).Rule | Should -Be 'office'
        $trace = New-PacketTrace 10 -PacketsPerFlow 2 -Seed 1
        @($trace | Trace-SteeringDecision TestDrive:/rules.yaml -SlotCount 4).Count | Should -Be 20
        ($trace | Trace-SteeringDecision TestDrive:/rules.yaml -SlotCount 4 -Index 7).Index | Should -Be 7
        { $trace | Trace-SteeringDecision TestDrive:/rules.yaml -SlotCount 4 -Index 70 -ErrorAction Stop } | Should -Throw -ErrorId 'TraceInvalid*'
    }

    It 'agrees with the measurement' {
        $trace = New-PacketTrace 50 -PacketsPerFlow 2 -Seed 1
        $decided = @($trace | Trace-SteeringDecision TestDrive:/rules.yaml -SlotCount 4)
        $measured = $trace | Measure-SteeringPolicy -Policy TestDrive:/rules.yaml -SlotCount 4
        @($decided | Where-Object Slot -EQ 2).Count | Should -Be $measured.Slots[2].Packets
        @($decided | Where-Object Verdict -EQ 'Reject').Count | Should -Be $measured.Rejected.Packets
    }

    It 'refuses multicast, which no program is asked about' {
        { Trace-SteeringDecision TestDrive:/rules.yaml -Source 10.1.2.3 -Destination 224.0.0.1 -SlotCount 4 -ErrorAction Stop } | Should -Throw -ErrorId 'TraceInvalid*'
    }

    It 'knows the sockets and the flows of a group' {
        $null = New-ReuseportGroup known -SlotCount 3 -Port 5443
        $cookie = (Get-SocketSlot known)[2].Cookie[0]
        $id = '40{0:x16}' -f $cookie
        $ids = New-SteeringPolicy @{ by = 'connection-id'; length = 8; cookie = @{ at = 0 } } -Protocol Udp
        (Trace-SteeringDecision $ids -Source 10.1.2.3 -Payload $id -Group known).Slot | Should -Be 2

        $sticky = New-SteeringPolicy @{ by = 'chain'; to = '0-2'; sticky = @{ entries = 64; idle = '60s' } }
        $null = Set-SteeringPolicy known $sticky
        $snapshot = Export-ReuseportSnapshot known | ConvertFrom-Json
        $snapshot.groups[0].stickyFlows = @([ordered]@{
            rule = 'otherwise'; protocol = 'Udp'; source = '10.1.2.3'; sourcePort = 4000; destination = '192.0.2.1'; destinationPort = 443; slot = 1; generation = 1; ageNanoseconds = 0
        })
        Set-Content TestDrive:/known.json ($snapshot | ConvertTo-Json -Depth 9)
        $null = Import-ReuseportSnapshot TestDrive:/known.json
        (Trace-SteeringDecision $sticky -Source 10.1.2.3 -SourcePort 4000 -Group known).Slot | Should -Be 1
        (Trace-SteeringDecision $sticky -Source 10.1.2.3 -SourcePort 4001 -Group known).Slot | Should -Be 0
        (Trace-SteeringDecision $sticky -Source 10.1.2.3 -SourcePort 4000 -SlotCount 3).Slot | Should -Be 0

        $reversed = New-SteeringPolicy @{ by = 'chain'; to = @(2, 1, 0); sticky = @{ entries = 64; idle = '60s' } }
        $kept, $forgotten = $reversed, (New-SteeringPolicy @{ by = 'slot'; slot = 2 }) | ForEach-Object { Set-SteeringPolicy known $_ -WhatIf }
        $kept.Over | Should -Be '1 flow in flow tables'
        $kept.Change.FlowsMoved | Should -Be 0
        $forgotten.Change.FlowsMoved | Should -Be 1
    }
}
