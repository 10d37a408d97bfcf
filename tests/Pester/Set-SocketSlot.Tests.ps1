BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $null = New-ReuseportGroup web -SlotCount 4 -Port 5300 -Protocol Udp, Tcp
    Set-Content TestDrive:/weighted.yaml @'
version: 1
policy: weighted
slots: { canary: [2, 3] }
otherwise: { by: weighted, weights: { 0: 3, 1: 1, canary: 2 } }
'@
    $null = Set-SteeringPolicy web (Import-SteeringPolicy TestDrive:/weighted.yaml)
}

Describe 'Set-SocketSlot' {
    It 'changes a weight in the policy, as data' {
        $change = Set-SocketSlot web 0 -Weight 5
        $change.Change | Should -Be 'Data'
        $change.Changed | Should -Be 'slot 0: Weight 3 -> 5'
        $change.EpochAfter | Should -Be ($change.EpochBefore + 1)
        (Get-SocketSlot web -Slot 0).Weight | Should -Be 5
        (Get-SocketSlot web -Slot 0).Share | Should -Be 0.5
        Get-SteeringPolicy web | ForEach-Object { Export-SteeringPolicy -Policy $_.Policy } | Should -Match '0: 5'
    }

    It 'says that nothing changed' {
        $change = Set-SocketSlot web 0 -Weight 5
        $change.HasChanged | Should -BeFalse
        $change.Change | Should -Be 'None'
        $change.EpochAfter | Should -Be $change.EpochBefore
    }

    It 'takes names and ranges' {
        (Set-SocketSlot web canary -Weight 4).Slot | Should -Be 2, 3
        (Get-SocketSlot web).Weight | Should -Be 5, 1, 4, 4
        (Set-SocketSlot web '2-3' -Weight 2).HasChanged | Should -BeTrue
    }

    It 'sets a state for what comes through the pipeline, in one step' {
        $change = Get-ReuseportGroup web | Get-SocketSlot | Where-Object Slot -GE 2 | Set-SocketSlot -State Standby
        @($change) | Should -HaveCount 1
        $change.EpochAfter | Should -Be ($change.EpochBefore + 1)
        (Get-SocketSlot web).State | Should -Be 'Active', 'Active', 'Standby', 'Standby'
        (Get-SocketSlot web -Slot 2).Share | Should -Be 0
        $null = Set-SocketSlot web canary -State Active
    }

    It 'previews with -WhatIf and changes nothing' {
        $preview = Set-SocketSlot web 0 -Weight 0 -WhatIf -Trace (New-PacketTrace -FlowCount 200 -Seed 1)
        $preview.Change.FlowsMoved | Should -BeGreaterThan 0
        ($preview.After.Slots | Where-Object Slot -EQ 0).Flows | Should -Be 0
        (Get-SocketSlot web -Slot 0).Weight | Should -Be 5
    }

    It 'keeps a state over another program' {
        $null = Set-SocketSlot web 3 -State Draining
        Set-Content TestDrive:/hash.yaml "version: 1`npolicy: plain`notherwise: { by: hash }"
        (Set-SteeringPolicy web (Import-SteeringPolicy TestDrive:/hash.yaml)).Change | Should -Be 'Program'
        (Get-SocketSlot web).State | Should -Be 'Active', 'Active', 'Active', 'Draining'
        $null = Set-SocketSlot web 3 -State Active
        { Set-SocketSlot web 0 -Weight 2 -ErrorAction Stop } | Should -Throw -ErrorId 'NothingToChange*'
    }

    It 'tells loads to a policy that looks at them' {
        { Set-SocketSlot web 0 -Load 7 -ErrorAction Stop } | Should -Throw -ErrorId 'NothingToChange*'
        Set-Content TestDrive:/loads.yaml "version: 1`npolicy: loads`nprotocol: tcp`notherwise: { by: least-loaded }"
        $null = Set-SteeringPolicy web (Import-SteeringPolicy TestDrive:/loads.yaml)
        $change = Set-SocketSlot web 0-1 -Load 7
        $change.EpochAfter | Should -Be $change.EpochBefore
        (Get-SocketSlot web -Slot 1).Load | Should -Be 7
    }

    It 'refuses <Error>' -ForEach @(
        @{ Error = 'SlotNotFound'; Arguments = @{ Slot = 9; State = 'Draining' } }
        @{ Error = 'SlotNotFound'; Arguments = @{ Slot = 'unknown'; State = 'Draining' } }
        @{ Error = 'NobodyLeft'; Arguments = @{ Slot = '0-3'; State = 'Draining' } }
        @{ Error = 'NothingToSet'; Arguments = @{ Slot = 1 } }
        @{ Error = 'CannotSeat'; Arguments = @{ Slot = 1; Socket = 999999 } }
        @{ Error = 'InvalidSeat'; Arguments = @{ Slot = 1; Socket = 'x' } }
        @{ Error = 'InvalidSeat'; Arguments = @{ Slot = '1-2'; Socket = 5 } }
    ) {
        { Set-SocketSlot web @Arguments -ErrorAction Stop } | Should -Throw -ErrorId "$Error*"
    }
}
